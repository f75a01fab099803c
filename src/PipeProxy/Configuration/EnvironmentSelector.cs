namespace PipeProxy.Configuration;

/// <summary><c>$env(NAME)</c>, which stands for a variable's value and is always a whole option value.</summary>
internal static class EnvironmentSelector
{
    private const string Opening = "$env(";

    /// <summary>The variable that <paramref name="text"/> stands for, or null when it is not a selector as a whole.</summary>
    internal static string? NameIn(string text)
        => text.StartsWith(Opening, StringComparison.Ordinal) && text.EndsWith(')') && text[Opening.Length..^1].Trim() is var name && IsName(name) ? name : null;

    /// <summary>The first variable that <paramref name="text"/> selects anywhere inside it, or null.</summary>
    internal static string? NameInside(string text)
    {
        var start = text.IndexOf(Opening, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        var rest = text[(start + Opening.Length)..];
        var end = rest.IndexOf(')');
        return end < 0 ? rest : rest[..end].Trim();
    }

    /// <summary>Letters, digits and underscores, not a digit first: what POSIX calls a name.</summary>
    internal static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return name.Length > 0 && !char.IsAsciiDigit(name[0]);
    }
}
