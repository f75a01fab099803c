namespace PipeProxy.Telemetry;

/// <summary>What happens to pools of origin connections now and then; off the hot path, so the process counts and not each loop. Any thread.</summary>
internal sealed class UpstreamTotals
{
    private long _breakersOpened;
    private long _refusedByBreakers;
    private long _failedAhead;
    private long _heldBack;

    /// <summary>Breakers that opened.</summary>
    public long BreakersOpened => Volatile.Read(ref _breakersOpened);

    /// <summary>Requests that an open breaker refused.</summary>
    public long RefusedByBreakers => Volatile.Read(ref _refusedByBreakers);

    /// <summary>Connections that could not be opened ahead of requests, or were refused before one took them.</summary>
    public long FailedAhead => Volatile.Read(ref _failedAhead);

    /// <summary>Handshakes that the bounds on their rate did not allow in time.</summary>
    public long HeldBack => Volatile.Read(ref _heldBack);

    public void BreakerOpened() => Interlocked.Increment(ref _breakersOpened);

    public void BreakerRefused() => Interlocked.Increment(ref _refusedByBreakers);

    public void AheadFailed() => Interlocked.Increment(ref _failedAhead);

    public void HandshakeHeldBack() => Interlocked.Increment(ref _heldBack);
}
