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
        var latency = LatencySummary.Of(tally.Latency);
        return new IntervalResult(at, at - before, tally.Requests, latency.At(50), latency.At(99), latency.Max, tally.Errors);
    }
}
