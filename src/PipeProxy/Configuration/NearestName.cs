namespace PipeProxy.Configuration;

/// <summary>Finds the name that somebody probably meant.</summary>
internal static class NearestName
{
    /// <summary>Names are short; longer ones are compared by their beginning only.</summary>
    private const int MaxLength = 64;

    /// <summary><c>; did you mean "x"?</c>, or nothing when no name is near.</summary>
    internal static string Suggest(string written, IEnumerable<string> names)
        => Find(written, names) is { } name ? $"; did you mean \"{name}\"?" : "";

    /// <summary>The nearest of <paramref name="names"/>, or null when more than a third of it would have to change.</summary>
    internal static string? Find(string written, IEnumerable<string> names)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var name in names)
        {
            var distance = Distance(written, name);
            if (distance < bestDistance && distance <= Math.Max(1, Math.Min(written.Length, name.Length) / 3))
            {
                (best, bestDistance) = (name, distance);
            }
        }

        return best;
    }

    /// <summary>Edits from one to the other (Levenshtein, with swapped neighbours as one edit); case does not count.</summary>
    private static int Distance(string a, string b)
    {
        var first = a.AsSpan(0, Math.Min(a.Length, MaxLength));
        var second = b.AsSpan(0, Math.Min(b.Length, MaxLength));
        Span<int> before = stackalloc int[MaxLength + 1];
        Span<int> previous = stackalloc int[MaxLength + 1];
        Span<int> current = stackalloc int[MaxLength + 1];
        for (var j = 0; j <= second.Length; j++)
        {
            previous[j] = j;
        }

        for (var i = 1; i <= first.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var cost = Same(first[i - 1], second[j - 1]) ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + cost);
                if (i > 1 && j > 1 && Same(first[i - 1], second[j - 2]) && Same(first[i - 2], second[j - 1]))
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            var spare = before;
            before = previous;
            previous = current;
            current = spare;
        }

        return previous[second.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
