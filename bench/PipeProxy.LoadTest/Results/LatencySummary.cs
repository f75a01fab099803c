using HdrHistogram;

namespace PipeProxy.LoadTest.Results;

/// <summary>A histogram's figures in microseconds.</summary>
internal sealed record LatencySummary(double Min, double Mean, double Deviation, double Max, IReadOnlyList<double> Values)
{
    private const double NanosecondsPerMicrosecond = 1000;

    /// <summary>The percentiles that every result has, in order.</summary>
    internal static readonly IReadOnlyList<(string Name, double Percentile)> Percentiles =
    [
        ("p50", 50), ("p75", 75), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99), ("p99.999", 99.999),
    ];

    /// <summary>Zeros when nothing was recorded.</summary>
    internal static LatencySummary Of(HistogramBase histogram)
    {
        if (histogram.TotalCount == 0)
        {
            return new LatencySummary(0, 0, 0, 0, [.. Percentiles.Select(static _ => 0.0)]);
        }

        return new LatencySummary(
            Microseconds(histogram.GetValueAtPercentile(0)),
            histogram.GetMean() / NanosecondsPerMicrosecond,
            histogram.GetStdDeviation() / NanosecondsPerMicrosecond,
            Microseconds(histogram.GetMaxValue()),
            [.. Percentiles.Select(percentile => Microseconds(histogram.GetValueAtPercentile(percentile.Percentile)))]);
    }

    internal double At(double percentile)
    {
        for (var i = 0; i < Percentiles.Count; i++)
        {
            if (Percentiles[i].Percentile == percentile)
            {
                return Values[i];
            }
        }

        throw new ArgumentOutOfRangeException(nameof(percentile));
    }

    internal static double Microseconds(long nanoseconds) => nanoseconds / NanosecondsPerMicrosecond;
}
