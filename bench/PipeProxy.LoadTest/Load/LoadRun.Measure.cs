namespace PipeProxy.LoadTest.Load;

// Steps 4 and 5: from the first measured request to the end of the last.
internal sealed partial class LoadRun
{
    // Not _finished, which completes a moment later, on another thread.
    private bool IsFinished => Array.TrueForAll(_loops, static loop => loop.Finished.IsCompleted);

    private async Task<(long End, bool GaveUp)> MeasureAsync(long begin)
    {
        var end = _plan.Duration is { } duration ? begin + Clock.Of(duration) : long.MaxValue;
        foreach (var loop in _loops)
        {
            loop.PostEnd(end);
        }

        // Boundaries stand on a grid; one that has passed by the time the last interval is closed is skipped.
        var step = Clock.Of(_plan.Interval);
        for (var boundary = begin + step; ; boundary += (((Clock.Now - boundary) / step) + 1) * step)
        {
            await PassAsync(Math.Min(boundary, end)).ConfigureAwait(false);
            if (IsFinished || _stopped.IsCompleted || Clock.Now >= end)
            {
                return (EndOf(end), false);
            }

            var (_, at) = await _log.TakeAsync().ConfigureAwait(false);
            if (IsFinished || at >= end)
            {
                // It ended meanwhile: what was taken belongs to the last interval.
                return (EndOf(end), false);
            }

            _log.Close(Clock.Seconds(at - begin));
            if (_log.Total.Requests == 0 && _log.Total.Errors >= Math.Max(20, 3 * _plan.Connections))
            {
                return (_plan.Rate is null ? end : Clock.Now, true);
            }
        }
    }

    // Every request of a schedule is accounted for: answered, failed or not sent. One that has no answer when the run ends, or waits for a connection, would else be missing just because it was slow.
    private async Task<long> FinishAsync(long begin, long end, bool gaveUp)
    {
        if (!gaveUp && !_stopped.IsCompleted)
        {
            // What comes from here on has an interval of its own: it would make the last one look faster than it was.
            await _log.TakeAsync().ConfigureAwait(false);
            _log.Close(Clock.Seconds(end - begin));
            await PassAsync(Clock.Now + Clock.Of(_plan.Timeout)).ConfigureAwait(false);
        }

        var unsent = await StopSendingAsync().ConfigureAwait(false);
        if (!gaveUp)
        {
            await PassAsync(Clock.Now + Clock.Of(_plan.Timeout)).ConfigureAwait(false);
        }

        if (_stopped.IsCompleted)
        {
            // Ctrl-C shall end it now; a moment is for those that had only just begun.
            await Task.WhenAny(_finished, Task.Delay(_plan.Look)).ConfigureAwait(false);
        }

        await Task.WhenAll(_loops.Select(static loop => loop.GiveUpAsync())).ConfigureAwait(false);
        return unsent;
    }

    private async Task<WaitingRequests> WaitingAsync(long end) => new(await Task.WhenAll(_loops.Select(static loop => loop.WaitingAsync())).ConfigureAwait(false), Math.Min(end, Clock.Now));

    private async Task<long> StopSendingAsync() => (await Task.WhenAll(_loops.Select(static loop => loop.StopSendingAsync())).ConfigureAwait(false)).Sum();

    // A schedule lasts as long as it was meant to, also when its last request was answered early; a number of requests until the last of them has ended.
    // A closed loop counts until its tallies are taken or it is cut off, whichever comes first.
    private long EndOf(long end)
        => _plan is { Rate: not null, Requests: null } && !_stopped.IsCompleted ? end
            : IsFinished ? Math.Min(_loops.Max(static loop => loop.Finished.Result), end)
            : _plan.Rate is null ? end
            : Math.Min(Clock.Now, end);
}
