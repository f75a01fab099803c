namespace PipeProxy.Configuration;

/// <summary>The syntax of a client certificate's name: a JavaScript identifier in ASCII, hyphens also accepted after the first character.</summary>
internal static class CertificateName
{
    internal const int MaxLength = 128;

    /// <summary>What is wrong with <paramref name="name"/> and what would be right, without a subject; null when nothing is.</summary>
    internal static string? ProblemOf(string name)
    {
        if (name.Length == 0)
        {
            return "is empty; name a certificate of the store";
        }

        if (name.Length > MaxLength)
        {
            return $"is {name.Length} characters long; a certificate's name has at most {MaxLength}";
        }

        if (!IsStart(name[0]))
        {
            return "is not a certificate's name: the first character must be an ASCII letter, _ or $";
        }

        return name.All(c => IsStart(c) || char.IsAsciiDigit(c) || c == '-')
            ? null
            : "is not a certificate's name: only ASCII letters, digits, _, $ and - are taken";
    }

    private static bool IsStart(char c) => char.IsAsciiLetter(c) || c is '_' or '$';
}
