namespace PipeProxy.Configuration;

/// <summary>Text that somebody else chose, a setting's value or the names in an origin's certificate, on its way into a line for the operator.</summary>
internal static class OneLine
{
    /// <summary>The text with U+FFFD for each control character and line separator: it can begin no line of its own, and tell a terminal nothing.</summary>
    internal static string Of(string text)
        => text.Any(IsUnfit) ? string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = IsUnfit(source[i]) ? '\uFFFD' : source[i];
            }
        }) : text;

    private static bool IsUnfit(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
