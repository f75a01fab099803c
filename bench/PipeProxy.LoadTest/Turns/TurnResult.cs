using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest.Turns;

/// <summary>One turn of one target; with a storm, that part of the turn in which it came.</summary>
/// <param name="Round">Turns of the same round follow one another directly.</param>
/// <param name="Target">Its name.</param>
/// <param name="Began">By the wall clock, so that what others measured meanwhile can be laid beside it.</param>
/// <param name="Seconds">From the first request to the last answer.</param>
/// <param name="Requests">Whole answers.</param>
/// <param name="Errors">Of any kind, a storm's among them, and requests that a schedule had no connection for.</param>
/// <param name="CpuSeconds">User and system time of the target's process; NaN when it has none.</param>
/// <param name="Latency">Of the answers; a storm's own are not in it.</param>
/// <param name="Reason">What went wrong first; null for nothing.</param>
internal sealed record TurnResult(int Round, string Target, DateTimeOffset Began, double Seconds, long Requests, long Errors, double CpuSeconds, LatencySummary Latency, string? Reason)
{
    /// <summary>From the storm's first request to its last answer; NaN without a storm.</summary>
    internal double StormSeconds { get; init; } = double.NaN;

    /// <summary>A turn in which something went wrong is not compared: an answer of 502 is cheap, a missing one is free, and so is the work of a process that has ended.</summary>
    internal bool IsGood => Errors == 0 && Requests > 0 && Reason is null;

    internal double CpuMicrosPerRequest => CpuSeconds / Requests * 1e6;

    internal double Rate => Requests / Seconds;

    internal double P50 => Latency.At(50);

    internal double P99 => Latency.At(99);
}
