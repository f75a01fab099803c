namespace Demo;

/// <summary>Something came out differently from what the demo promises.</summary>
/// <param name="expected">What should have happened, one sentence.</param>
/// <param name="found">What happened, as many lines as it takes.</param>
internal sealed class UnexpectedException(string expected, string found) : Exception($"Expected: {expected} Found: {found}")
{
    public string Expected { get; } = expected;

    public string Found { get; } = found;

    /// <summary>Ends the demo unless <paramref name="held"/>.</summary>
    public static void Unless(bool held, string expected, string found)
    {
        if (!held)
        {
            throw new UnexpectedException(expected, found);
        }
    }
}
