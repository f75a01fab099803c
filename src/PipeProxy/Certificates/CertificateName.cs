using System.Buffers;

namespace PipeProxy.Certificates;

/// <summary>The rule for names of certificates: JavaScript identifiers in ASCII; hyphens are also accepted after the first character.</summary>
/// <remarks>It also makes every name a safe folder name: no dot, no separator, no leading hyphen.</remarks>
public static class CertificateName
{
    /// <summary>The longest name accepted, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>The rule as a sentence for error messages.</summary>
    public const string Rule = "A name starts with a letter, '_' or '$', goes on with letters, digits, '_', '$' or '-' (ASCII only), and has at most 128 characters, such as 'aws-alb-cert'.";

    private static readonly SearchValues<char> First = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$");
    private static readonly SearchValues<char> Rest = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$-");

    /// <summary>Whether <paramref name="name"/> keeps the rule.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
        => name.Length is > 0 and <= MaxLength && First.Contains(name[0]) && !name.ContainsAnyExcept(Rest);

    /// <summary>What is wrong with <paramref name="name"/> and what the rule is; null when it keeps the rule.</summary>
    public static string? Explain(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (IsValid(name))
        {
            return null;
        }

        if (name.Length == 0)
        {
            return $"The certificate name is empty. {Rule}";
        }

        if (name.Length > MaxLength)
        {
            return $"The certificate name has {name.Length} characters. {Rule}";
        }

        var bad = First.Contains(name[0]) ? name.AsSpan().IndexOfAnyExcept(Rest) : 0;
        return $"The certificate name '{Printable(name)}' may not have {Show(name[bad])} as character {bad + 1}. {Rule}";
    }

    private static string Show(char c) => c is >= '!' and <= '~' ? $"'{c}'" : c == ' ' ? "a space" : $"U+{(int)c:X4}";

    private static string Printable(string name) => string.Create(name.Length, name, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(source[i]) ? '?' : source[i];
        }
    });
}
