using HdrHistogram;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Results;

/// <summary>What was measured in one interval.</summary>
/// <param name="At">Its end, in seconds since measuring began.</param>
/// <param name="Seconds">Its length.</param>
/// <param name="Requests">Whole answers.</param>
/// <param name="P50">Median latency, microseconds.</param>
/// <param name="P99">Latency, microseconds.</param>
/// <param name="Max">Latency, microseconds.</param>
/// <param name="Errors">Of all kinds.</param>
internal sealed record IntervalResult(double At, double Seconds, long Requests, double P50, double P99, double Max, long Errors)
{
    internal double Rate => Seconds > 0 ? Requests / Seconds : 0;

    internal static IntervalResult Of(Tally tally, double at, double before)
    {
        // Only what an interval shows: this runs beside the load.
        var latency = tally.Latency;
        var some = latency.TotalCount > 0;
        return new IntervalResult(
            at, at - before, tally.Requests,
            some ? LatencySummary.Microseconds(latency.GetValueAtPercentile(50)) : 0,
            some ? LatencySummary.Microseconds(latency.GetValueAtPercentile(99)) : 0,
            some ? LatencySummary.Microseconds(latency.GetMaxValue()) : 0,
            tally.Errors);
    }
}
