namespace PipeProxy.LoadTest.Compare;

/// <summary>One metric of one side against the baseline.</summary>
internal sealed record Comparison(Metric Metric, double Baseline, double Value, RatioInterval Interval)
{
    private const int EnoughRuns = 3;

    /// <summary>Of figures that have no ratio, because some are zero: that of their difference. NaN where the ratio says enough.</summary>
    internal DifferenceInterval Difference { get; init; } = new(double.NaN, double.NaN, double.NaN);

    /// <summary>Both sides did what they were asked for, or neither did.</summary>
    internal bool IsFair { get; init; } = true;

    /// <summary>What can be said: <c>better</c>, <c>worse</c>, <c>no difference</c> that these runs could tell, <c>equal</c>, or <c>unknown</c>.</summary>
    internal string Verdict => this switch
    {
        { IsFair: false } => "unknown",
        { Interval: { IsKnown: true, Differs: true } } => Interval.Ratio < 1 == Metric.LowerIsBetter ? "better" : "worse",
        { Interval.IsKnown: true } => "no difference",
        { Difference: { IsKnown: true, Differs: true } } => Difference.Middle < 0 == Metric.LowerIsBetter ? "better" : "worse",
        { Difference.IsKnown: true } when Difference is not { Low: 0, High: 0 } => "no difference",
        _ => Baseline == Value && double.IsNaN(Interval.Ratio) ? "equal" : "unknown",
    };

    /// <summary>Compares what both sides have.</summary>
    internal static IReadOnlyList<Comparison> Of(Side baseline, Side side, bool paired)
        => [.. baseline.Runs[0].Figures.Keys
            .Where(name => baseline.Values(name).Count > 0 && side.Values(name).Count > 0)
            .Select(name => Of(name, baseline, side, paired))];

    private static Comparison Of(string name, Side baseline, Side side, bool paired)
    {
        var (a, b) = (baseline.Values(name), side.Values(name));
        var isErrorRate = name == Metric.ErrorRate;
        var comparison = new Comparison(new Metric(name), baseline.MedianOf(name), side.MedianOf(name), RatioInterval.Of(a, b, paired)) { IsFair = isErrorRate || baseline.Failed == side.Failed };
        return isErrorRate && double.IsNaN(comparison.Interval.Ratio) ? comparison with { Difference = DifferenceInterval.Of(a, b, paired) } : comparison;
    }

    /// <summary>What to keep in mind when reading the comparison; empty when there is nothing.</summary>
    internal static IEnumerable<string> Remarks(Side baseline, Side side)
    {
        if (baseline.Runs.Count < 2 || side.Runs.Count < 2)
        {
            yield return "One run of a side says nothing about how far two runs of the same thing are apart, so nothing can be told. Make at least three of each, in turn.";
        }
        else if (Math.Min(baseline.Runs.Count, side.Runs.Count) < EnoughRuns)
        {
            yield return "Two runs of a side leave wide intervals; make at least three of each, in turn.";
        }

        foreach (var (name, failed) in new[] { ("A", baseline), ("B", side) }.Where(static named => named.Item2.Failed))
        {
            yield return $"Every request of a run of {name} failed: its other figures say how fast it fails, not how well it answers.";
        }

        foreach (var (name, interrupted) in new[] { ("A", baseline), ("B", side) }.Select(static named => (named.Item1, named.Item2.Runs.Count(static run => run.Interrupted))).Where(static named => named.Item2 > 0))
        {
            yield return $"{Text.Plural(interrupted, "run")} of {name} {(interrupted == 1 ? "was" : "were")} ended early, by Ctrl-C or a signal.";
        }

        if (baseline.Runs.Concat(side.Runs).Select(static run => run.Version).Distinct().Order(StringComparer.Ordinal).ToArray() is { Length: > 1 } versions)
        {
            yield return $"The runs were made by different versions of pipeproxy-bench: {string.Join(" and ", versions.Select(Text.Printable))}.";
        }

        // Often on purpose, a build before and after a change for one; yet a wrong folder looks the same.
        if (baseline.Runs.Concat(side.Runs).Select(static run => string.Join(' ', run.Targets)).Distinct().Count() > 1)
        {
            yield return $"The runs asked for different targets: A for {TargetsOf(baseline)}, B for {TargetsOf(side)}.";
        }

        // Runs of older versions lack options that came later; they may have been made alike.
        var all = baseline.Runs.Concat(side.Runs).ToArray();
        var differing = all.SelectMany(static run => run.Options.Keys).Distinct()
            .Where(name => all.Where(run => run.Options.ContainsKey(name)).Select(run => run.Options[name]).Distinct().Count() > 1).ToArray();
        if (differing.Length > 0)
        {
            yield return $"The runs were not made alike; they differ in {string.Join(", ", differing)}.";
        }
    }

    private static string TargetsOf(Side side) => string.Join(" and ", side.Runs.SelectMany(static run => run.Targets).Distinct().Order(StringComparer.Ordinal).Select(Text.Printable));
}
