using HdrHistogram;

namespace PipeProxy.LoadTest.Results;

/// <summary>Latency by percentile, as points to draw: denser towards 100 %, as HdrHistogram's own plots are.</summary>
internal static class LatencyCurve
{
    // Points per halving of the distance to 100 %.
    private const int PointsPerHalving = 8;

    /// <returns>Percentile and microseconds, ascending; the last is 100 and the maximum.</returns>
    internal static IEnumerable<(double Percentile, double Microseconds)> Of(HistogramBase histogram)
    {
        if (histogram.TotalCount == 0)
        {
            yield break;
        }

        foreach (var point in histogram.Percentiles(PointsPerHalving))
        {
            yield return (point.Percentile, point.ValueIteratedTo / 1000.0);
        }
    }
}
