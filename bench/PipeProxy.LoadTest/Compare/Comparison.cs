namespace PipeProxy.LoadTest.Compare;

/// <summary>One metric of one side against the baseline.</summary>
internal sealed record Comparison(Metric Metric, double Baseline, double Value, RatioInterval Interval)
{
    private const int EnoughRuns = 3;

    /// <summary>What can be said: <c>better</c>, <c>worse</c>, <c>no difference</c> that these runs could tell, <c>equal</c>, or <c>unknown</c>.</summary>
    internal string Verdict => Interval switch
    {
        { IsKnown: true, Differs: true } => Interval.Ratio < 1 == Metric.LowerIsBetter ? "better" : "worse",
        { IsKnown: true } => "no difference",
        _ => Baseline == Value && double.IsNaN(Interval.Ratio) ? "equal" : "unknown",
    };

    /// <summary>Compares what both sides have.</summary>
    internal static IReadOnlyList<Comparison> Of(Side baseline, Side side, bool paired)
        => [.. baseline.Runs[0].Figures.Keys
            .Where(name => baseline.Values(name).Count > 0 && side.Values(name).Count > 0)
            .Select(name => new Comparison(new Metric(name), baseline.MedianOf(name), side.MedianOf(name), RatioInterval.Of(baseline.Values(name), side.Values(name), paired)))];

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

        var all = baseline.Runs.Concat(side.Runs).ToArray();
        var differing = all.SelectMany(static run => run.Options.Keys).Distinct()
            .Where(name => name != "targets" && all.Select(run => run.Options.GetValueOrDefault(name)).Distinct().Count() > 1).ToArray();
        if (differing.Length > 0)
        {
            yield return $"The runs were not made alike; they differ in {string.Join(", ", differing)}.";
        }
    }
}
