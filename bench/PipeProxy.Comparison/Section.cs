namespace PipeProxy.Comparison;

/// <summary>One kind of measurement: what it asks, and how its figures are made of a round.</summary>
/// <param name="Name">As in <c>--only</c>.</param>
/// <param name="Title">Heading.</param>
/// <param name="Explanation">How to read the figures, in a sentence or two.</param>
/// <param name="Base">The proxy to which ratios are taken.</param>
/// <param name="Compared">The figure of which ratios are taken, below 1 being better than the base; null for none.</param>
/// <param name="Figures">The columns.</param>
internal sealed record Section(string Name, string Title, string Explanation, string Base, Figure? Compared, IReadOnlyList<Figure> Figures)
{
    /// <summary>A remark on a proxy's rounds, such as which system calls were counted.</summary>
    public Func<IReadOnlyList<Round>, string>? Remark { get; init; }

    /// <summary>Titles of cases by their names.</summary>
    public required IReadOnlyDictionary<string, string> Cases { get; init; }

    /// <summary>PipeProxy stands beside nginx and HAProxy here, and the better of the two is the bar.</summary>
    public bool HasBar { get; init; }
}
