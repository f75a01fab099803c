namespace PipeProxy.LoadTest.Turns;

/// <summary>One turn of one target.</summary>
/// <param name="Round">Turns of the same round follow one another directly.</param>
/// <param name="Target">Its name.</param>
/// <param name="Seconds">From the first request to the last answer.</param>
/// <param name="Requests">Whole answers.</param>
/// <param name="Errors">Of any kind, and requests that a schedule had no connection for.</param>
/// <param name="CpuSeconds">User and system time of the target's process; NaN when it has none.</param>
/// <param name="P50">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
/// <param name="Reason">What went wrong first; null for nothing.</param>
internal sealed record TurnResult(int Round, string Target, double Seconds, long Requests, long Errors, double CpuSeconds, double P50, double P99, string? Reason)
{
    /// <summary>A turn with an error is not compared: an answer of 502 is cheap, and a missing one is free.</summary>
    internal bool IsGood => Errors == 0 && Requests > 0;

    internal double CpuMicrosPerRequest => CpuSeconds / Requests * 1e6;

    internal double Rate => Requests / Seconds;
}
