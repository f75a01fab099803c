using Microsoft.Extensions.Logging;
using PipeProxy.Telemetry;

namespace PipeProxy.Upstream;

/// <content>What a pool tells: its snapshot, and lines for the operator.</content>
internal sealed partial class KeyPool
{
    /// <summary>What is there now. From any thread; counts may be read mid-change.</summary>
    public PoolSnapshot Snapshot()
    {
        Span<int> counts = stackalloc int[(int)UpstreamState.Closed + 1];
        var waiting = 0;
        foreach (var shelf in _shelves)
        {
            shelf.Count(counts);
            waiting += shelf.Waiting;
        }

        return new PoolSnapshot
        {
            Origin = Key.Origin,
            Certificate = Key.Identity?.Name,
            ChainSha256 = Key.Identity?.ChainSha256,
            Retired = _retired,
            MaxConnections = Config.MaxConnections,
            Connecting = counts[(int)UpstreamState.Connecting],
            Unconfirmed = counts[(int)UpstreamState.Unconfirmed],
            Idle = counts[(int)UpstreamState.Idle],
            Busy = counts[(int)UpstreamState.Busy],
            Draining = counts[(int)UpstreamState.Draining],
            Waiting = waiting,
            Breaker = Gate.State,
            RefusalsInARow = Gate.Refusals,
            LastFailure = Gate.Last is { } last ? new PoolFailure(last.Failure.Outcome.Name, last.Failure.Alert, last.Failure.Detail, last.Failure.Next, last.At) : null,
        };
    }

    /// <summary>Counts what failed ahead of requests; the first of a streak is told.</summary>
    public void NoteAheadFailed(Failure failure, bool first)
    {
        _metrics.Upstreams.AheadFailed();
        if (first)
        {
            LogAheadFailed(_logger, Key.Origin, Key.Identity?.Name ?? "-", failure.Detail, failure.Next);
        }
    }

    private void OnBreaker(bool opened, int refusals, Failure? last)
    {
        if (opened)
        {
            WakeAll();
            _metrics.Upstreams.BreakerOpened();
            LogBreakerOpened(_logger, Key.Origin, Key.Identity?.Name ?? "-", Config.Breaker.OpenTime.TotalSeconds, refusals, last!.Detail, last.Next);
        }
        else
        {
            LogBreakerClosed(_logger, Key.Origin, Key.Identity?.Name ?? "-");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The breaker of {Origin} under certificate {Certificate} is open: after {Refusals} refusals in a row no connection is opened for {Seconds:0.#} s at a time, and requests that need one answer 503. The last refusal: {Detail} {Next}")]
    private static partial void LogBreakerOpened(ILogger logger, string origin, string certificate, double seconds, int refusals, string detail, string next);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No connection to {Origin} under certificate {Certificate} can be opened ahead (pool.minIdle): {Detail} {Next} It is tried less and less often, and this is said once.")]
    private static partial void LogAheadFailed(ILogger logger, string origin, string certificate, string detail, string next);

    [LoggerMessage(Level = LogLevel.Information, Message = "The breaker of {Origin} under certificate {Certificate} is closed: the origin took a connection, or something was changed here.")]
    private static partial void LogBreakerClosed(ILogger logger, string origin, string certificate);
}
