using PipeProxy.LoadTest.Load;
using PipeProxy.Tls;

namespace PipeProxy.LoadTest.Turns;

/// <summary>A loop with the connections to every target, of which one target's are busy at a time.</summary>
internal sealed class TurnLoop
{
    private readonly LoadPlan _plan;
    private readonly LoadLoop _loop;
    private readonly Task _stopped;
    private Tally _spare = new();

    private TurnLoop(int index, LoadPlan plan, Task stopped, Action<Exception> onBug) => (_plan, _stopped, _loop) = (plan, stopped, new LoadLoop(index, plan, onBug));

    /// <summary>Resolves the plan's targets and starts the loop.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="plan">What happens in a turn.</param>
    /// <param name="workers">Make TLS handshakes; null when no target needs them.</param>
    /// <param name="stopped">Completes when the run is to end: what waits then waits no longer.</param>
    /// <param name="onBug">Is told of an exception that left a callback.</param>
    /// <param name="stop">Cancelled at the same time: names are not waited for either.</param>
    /// <exception cref="LoadException">A name has no address.</exception>
    /// <exception cref="OperationCanceledException">The run is to end.</exception>
    internal static async Task<TurnLoop> StartAsync(int index, LoadPlan plan, HandshakeWorkers? workers, Task stopped, Action<Exception> onBug, CancellationToken stop)
    {
        var self = new TurnLoop(index, plan, stopped, onBug);
        var lanes = new List<Lane>();
        foreach (var target in plan.Targets)
        {
            var origin = (await Origin.ResolveAsync([target], stop).ConfigureAwait(false))[0];
            var arrivals = plan.Rate is { } rate ? new Arrivals(rate, 0) : null;
            lanes.Add(new Lane(self._loop, origin, plan, new Dialer(origin, plan, workers), Enumerable.Range(0, plan.Connections), arrivals));
        }

        self._loop.Add(lanes);
        self._loop.Loop.Start();
        return self;
    }

    /// <summary>Opens all connections, to all targets.</summary>
    /// <exception cref="LoadException">Not one could be made.</exception>
    internal async Task PrepareAsync()
    {
        await PassAsync(_loop.PrepareAsync()).ConfigureAwait(false);
        var tally = await TakeAsync().ConfigureAwait(false);
        if (tally.Connecting.TotalCount == 0 && tally.Errors > 0)
        {
            var (kind, text) = tally.Reasons.MaxBy(static reason => reason.Value).Key;
            throw new LoadException($"No connection could be made ({kind}): {text}");
        }

        Return(tally);
    }

    /// <summary>The target's turn begins.</summary>
    /// <param name="target">Its number in the plan.</param>
    /// <param name="requests">Only so many; null for as many as there is time for.</param>
    /// <returns>The moment.</returns>
    internal Task<long> BeginAsync(int target, long? requests = null) => _loop.BeginTurnAsync(target, requests);

    /// <summary>The target's turn ends when everything that was due has been answered, or <c>--timeout</c> later. When the run is to end it is not ended but left.</summary>
    /// <returns>The moment, and how many requests were due and not sent.</returns>
    internal async Task<(long At, long Unsent)> EndAsync(int target)
    {
        var ending = _loop.EndTurnAsync(target);
        await PassAsync(Task.WhenAny(ending, Task.Delay(_plan.Timeout))).ConfigureAwait(false);
        var unsent = ending.IsCompleted ? 0 : await _loop.StopTurnAsync(target).ConfigureAwait(false);
        await PassAsync(ending).ConfigureAwait(false);
        return (_stopped.IsCompleted ? Clock.Now : await ending.ConfigureAwait(false), unsent);
    }

    /// <summary>Hands over what was counted since the last call; <see cref="Return"/> gives it back.</summary>
    internal async Task<Tally> TakeAsync() => (await _loop.TakeAsync(_spare).ConfigureAwait(false)).Tally;

    internal void Return(Tally tally)
    {
        tally.Clear();
        _spare = tally;
    }

    /// <summary>Waits until it is over or the run is to end, and has the loop look for what waits too long.</summary>
    internal async Task PassAsync(Task over)
    {
        while (await Task.WhenAny(over, _stopped, Task.Delay(_plan.Look)).ConfigureAwait(false) != over && !_stopped.IsCompleted)
        {
            _loop.PostSweep();
        }
    }

    /// <summary>Resets what is open and ends the thread.</summary>
    internal Task StopAsync() => _loop.EndAsync();
}
