namespace PipeProxy.LoadTest.Compare;

/// <summary>How many times the baseline a side has of something, and between which bounds that lies with 95 % confidence.</summary>
/// <param name="Ratio">Geometric mean of the side over that of the baseline; NaN when there is none.</param>
/// <param name="Low">Lower bound; NaN when nothing can be told.</param>
/// <param name="High">Upper bound.</param>
/// <remarks>
/// Computed on logarithms, because what disturbs a measurement multiplies it: a busy machine makes everything so many percent slower. Two sides apart: Welch's t interval, which does not assume that both spread alike.
/// In pairs: the t interval of the ratios, which is narrower when both sides of a pair had the same weather.
/// </remarks>
internal readonly record struct RatioInterval(double Ratio, double Low, double High)
{
    internal const double Confidence = 0.95;

    /// <summary>There is an interval.</summary>
    internal bool IsKnown => !double.IsNaN(Low);

    /// <summary>The interval does not hold 1: the sides differ.</summary>
    internal bool Differs => IsKnown && (Low > 1 || High < 1);

    internal static RatioInterval Of(IReadOnlyList<double> baseline, IReadOnlyList<double> side, bool paired)
    {
        // Zero has no logarithm: of counts of errors no ratio is made.
        if (baseline.Count == 0 || side.Count == 0 || baseline.Concat(side).Any(static value => value <= 0 || !double.IsFinite(value)))
        {
            return new RatioInterval(double.NaN, double.NaN, double.NaN);
        }

        var (a, b) = (Logs(baseline), Logs(side));
        if (paired && a.Length == b.Length)
        {
            var differences = a.Zip(b, static (x, y) => y - x).ToArray();
            return Around(differences.Average(), Variance(differences) / differences.Length, differences.Length - 1);
        }

        var (va, vb) = (Variance(a) / a.Length, Variance(b) / b.Length);

        // Welch and Satterthwaite; equal runs leave no variance and the smaller number of runs decides.
        var degrees = va + vb > 0
            ? Math.Pow(va + vb, 2) / ((va * va / Math.Max(1, a.Length - 1)) + (vb * vb / Math.Max(1, b.Length - 1)))
            : Math.Min(a.Length, b.Length) - 1;
        return Around(b.Average() - a.Average(), va + vb, a.Length < 2 || b.Length < 2 ? 0 : degrees);
    }

    private static RatioInterval Around(double middle, double variance, double degreesOfFreedom)
    {
        if (degreesOfFreedom <= 0)
        {
            return new RatioInterval(Math.Exp(middle), double.NaN, double.NaN);
        }

        var reach = StudentT.TwoSided(Confidence, degreesOfFreedom) * Math.Sqrt(variance);
        return new RatioInterval(Math.Exp(middle), Math.Exp(middle - reach), Math.Exp(middle + reach));
    }

    private static double[] Logs(IEnumerable<double> values) => [.. values.Select(static value => Math.Log(value))];

    private static double Variance(double[] values)
    {
        if (values.Length < 2)
        {
            return 0;
        }

        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
    }
}
