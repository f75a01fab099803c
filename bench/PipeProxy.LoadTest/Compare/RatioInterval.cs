namespace PipeProxy.LoadTest.Compare;

/// <summary>How many times the baseline a side has of something, and between which bounds that lies with 95 % confidence.</summary>
/// <param name="Ratio">Geometric mean of the side over that of the baseline; NaN when there is none.</param>
/// <param name="Low">Lower bound; NaN when nothing can be told.</param>
/// <param name="High">Upper bound.</param>
/// <remarks>
/// The interval of the difference of logarithms, because what disturbs a measurement multiplies it: a busy machine makes everything so many percent slower.
/// </remarks>
internal readonly record struct RatioInterval(double Ratio, double Low, double High)
{
    internal const double Confidence = DifferenceInterval.Confidence;

    /// <summary>There is an interval.</summary>
    internal bool IsKnown => !double.IsNaN(Low);

    /// <summary>The interval does not hold 1: the sides differ.</summary>
    internal bool Differs => IsKnown && (Low > 1 || High < 1);

    internal static RatioInterval Of(IReadOnlyList<double> baseline, IReadOnlyList<double> side, bool paired)
    {
        // Zero has no logarithm: where a figure may be zero, no ratio is made.
        if (baseline.Concat(side).Any(static value => value <= 0))
        {
            return new RatioInterval(double.NaN, double.NaN, double.NaN);
        }

        var difference = DifferenceInterval.Of(Logs(baseline), Logs(side), paired);
        return new RatioInterval(Math.Exp(difference.Middle), Math.Exp(difference.Low), Math.Exp(difference.High));
    }

    private static double[] Logs(IEnumerable<double> values) => [.. values.Select(static value => Math.Log(value))];
}
