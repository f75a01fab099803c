using System.Buffers;

namespace PipeProxy.Configuration;

/// <summary>The rule for names of client certificates: JavaScript identifiers in ASCII; hyphens are also accepted after the first character.</summary>
/// <remarks>It also makes every name a safe folder name: no dot, no separator, no leading hyphen.</remarks>
public static class CertificateName
{
    /// <summary>The longest name accepted, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>The rule as a sentence for error messages.</summary>
    public const string Rule = $"A name {Syntax}.";

    private const string Syntax = "starts with a letter, '_' or '$', goes on with letters, digits, '_', '$' or '-' (ASCII only), and has at most 128 characters, such as 'aws-alb-cert'";

    private static readonly SearchValues<char> First = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$");
    private static readonly SearchValues<char> Rest = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$-");

    /// <summary>Whether <paramref name="name"/> keeps the rule.</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
        => name.Length is > 0 and <= MaxLength && First.Contains(name[0]) && !name.ContainsAnyExcept(Rest);

    /// <summary>What is wrong with <paramref name="name"/> and what the rule is; null when it keeps the rule.</summary>
    public static string? Explain(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (FaultOf(name) is not { } fault)
        {
            return null;
        }

        // A name that is far too long is not repeated.
        return name.Length is 0 or > MaxLength ? $"The certificate name {fault}. {Rule}" : $"The certificate name '{Printable(name)}' {fault}. {Rule}";
    }

    /// <summary>As <see cref="Explain"/>, without the subject and without the name, which may be the value of a variable.</summary>
    internal static string? ProblemOf(string name)
        => FaultOf(name) is { } fault ? $"{fault}; a certificate's name {Syntax}" : null;

    private static string? FaultOf(string name)
    {
        if (IsValid(name))
        {
            return null;
        }

        if (name.Length == 0)
        {
            return "is empty";
        }

        if (name.Length > MaxLength)
        {
            return $"has {name.Length} characters";
        }

        var bad = First.Contains(name[0]) ? name.AsSpan().IndexOfAnyExcept(Rest) : 0;
        return $"may not have {Show(name[bad])} as character {bad + 1}";
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
