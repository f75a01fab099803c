namespace PipeProxy.LoadTest.Compare;

/// <summary>By how much a side exceeds the baseline, and between which bounds that lies with 95 % confidence.</summary>
/// <param name="Middle">Mean of the side less that of the baseline; NaN when there is none.</param>
/// <param name="Low">Lower bound; NaN when nothing can be told.</param>
/// <param name="High">Upper bound.</param>
/// <remarks>
/// Two sides apart: Welch's t interval, which does not assume that both spread alike. In pairs: the t interval of the differences, which is narrower when both sides of a pair had the same weather.
/// </remarks>
internal readonly record struct DifferenceInterval(double Middle, double Low, double High)
{
    internal const double Confidence = 0.95;

    /// <summary>There is an interval.</summary>
    internal bool IsKnown => !double.IsNaN(Low);

    /// <summary>The interval does not hold 0: the sides differ.</summary>
    internal bool Differs => IsKnown && (Low > 0 || High < 0);

    internal static DifferenceInterval Of(IReadOnlyList<double> baseline, IReadOnlyList<double> side, bool paired)
    {
        if (baseline.Count == 0 || side.Count == 0 || baseline.Concat(side).Any(static value => !double.IsFinite(value)))
        {
            return new DifferenceInterval(double.NaN, double.NaN, double.NaN);
        }

        if (paired && baseline.Count == side.Count)
        {
            var differences = baseline.Zip(side, static (x, y) => y - x).ToArray();
            return Around(differences.Average(), Variance(differences) / differences.Length, differences.Length - 1);
        }

        var (va, vb) = (Variance(baseline) / baseline.Count, Variance(side) / side.Count);

        // Welch and Satterthwaite; equal runs leave no variance and the smaller number of runs decides.
        var degrees = va + vb > 0
            ? Math.Pow(va + vb, 2) / ((va * va / Math.Max(1, baseline.Count - 1)) + (vb * vb / Math.Max(1, side.Count - 1)))
            : Math.Min(baseline.Count, side.Count) - 1;
        return Around(side.Average() - baseline.Average(), va + vb, baseline.Count < 2 || side.Count < 2 ? 0 : degrees);
    }

    private static DifferenceInterval Around(double middle, double variance, double degreesOfFreedom)
    {
        if (degreesOfFreedom <= 0)
        {
            return new DifferenceInterval(middle, double.NaN, double.NaN);
        }

        var reach = StudentT.TwoSided(Confidence, degreesOfFreedom) * Math.Sqrt(variance);
        return new DifferenceInterval(middle, middle - reach, middle + reach);
    }

    private static double Variance(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
        {
            return 0;
        }

        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
    }
}
