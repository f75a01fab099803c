using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>One event loop with its share of the connections, and what it counted.</summary>
/// <remarks>Fields belong to the loop's thread. The run talks to it by posting; answers come back as tasks.</remarks>
internal sealed class LoadLoop
{
    private readonly bool _cutsOff;
    private readonly long? _duration;
    private readonly TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<long> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Lane[] _lanes = [];
    private Lane? _ending;
    private TaskCompletionSource<long>? _ended;
    private bool _preparing;
    private bool _started;

    internal LoadLoop(int index, LoadPlan plan, Action<Exception> onUnhandledException)
    {
        _cutsOff = plan.Rate is null;
        _duration = plan.Duration is { } duration ? Clock.Of(duration) : null;

        // A request leaves when it is due and not together with others: what is measured is a proxy under many clients, who know nothing of each other.
        Loop = new EventLoop(index, new EventLoopOptions { OnUnhandledException = onUnhandledException, Sizes = TransportOptions.AtOnce });
    }

    internal EventLoop Loop { get; }

    /// <summary>What is being counted into.</summary>
    internal Tally Tally { get; private set; } = new();

    /// <summary>The run is over; what ends now was ended by us.</summary>
    internal bool IsStopping { get; private set; }

    /// <summary>What ends later does not count. An open loop counts whatever was due, so for it there is no such moment.</summary>
    internal long CutOff { get; private set; } = long.MaxValue;

    /// <summary>What an open loop is answered later is late.</summary>
    internal long ScheduleEnd { get; private set; } = long.MaxValue;

    /// <summary>Completes when no request is under way and none will begin, with the moment.</summary>
    internal Task<long> Finished => _finished.Task;

    internal void Add(IReadOnlyList<Lane> lanes) => _lanes = [.. lanes];

    /// <summary>Opens all connections; completes when each is open or has failed.</summary>
    internal Task PrepareAsync()
    {
        Loop.Post(
            static state =>
            {
                var self = (LoadLoop)state!;
                self._preparing = true;
                foreach (var lane in self._lanes)
                {
                    lane.Prepare();
                }
            },
            this);
        return _prepared.Task;
    }

    /// <summary>The lanes begin their load.</summary>
    /// <param name="measured">From the first request on; false: a warm-up.</param>
    /// <returns>The moment.</returns>
    internal Task<long> StartAsync(bool measured) => CallAsync(() =>
    {
        var now = Clock.Now;
        _started = true;
        if (measured)
        {
            EndAfterDuration(now);
        }

        foreach (var lane in _lanes)
        {
            lane.Start(now);
        }

        CheckFinished();
        return now;
    });

    /// <summary>Hands over what was counted since the last call.</summary>
    /// <param name="next">An empty one to go on with.</param>
    /// <param name="begins">Measuring begins here.</param>
    /// <param name="limits">From here on only so many requests, per lane; null for no limit.</param>
    internal Task<(Tally Tally, long At)> TakeAsync(Tally next, bool begins = false, long[]? limits = null) => CallAsync(() =>
    {
        var taken = Tally;
        Tally = next;
        var now = Clock.Now;
        for (var i = 0; begins && i < _lanes.Length; i++)
        {
            _lanes[i].Measure(now, limits?[i]);
        }

        if (begins && _started)
        {
            EndAfterDuration(now);
        }

        CheckFinished();
        return (taken, now);
    });

    /// <summary>When those requests began that wait for an answer which counts.</summary>
    internal Task<long[]> WaitingAsync() => CallAsync(() => _lanes.SelectMany(static lane => lane.Waiting()).ToArray());

    /// <summary>No further request begins; those under way may end.</summary>
    /// <returns>Requests that were due and not sent.</returns>
    internal Task<long> StopSendingAsync() => CallAsync(() =>
    {
        var now = Clock.Now;
        var overdue = _lanes.Sum(lane => lane.Stop(now));
        CheckFinished();
        return overdue;
    });

    /// <summary>What is still under way has failed: the run ends.</summary>
    internal Task GiveUpAsync() => CallAsync(() =>
    {
        foreach (var lane in _lanes)
        {
            lane.GiveUp();
        }

        CheckFinished();
        return 0;
    });

    /// <summary>Only this lane begins requests.</summary>
    /// <param name="lane">Its number.</param>
    /// <param name="requests">Of a closed loop: only so many; null for no bound.</param>
    /// <returns>The moment.</returns>
    internal Task<long> BeginTurnAsync(int lane, long? requests) => CallAsync(() =>
    {
        var now = Clock.Now;
        _lanes[lane].Resume(now, requests ?? long.MaxValue);
        return now;
    });

    /// <summary>No more requests become due on this lane; completes when all that were have been answered or have failed.</summary>
    /// <returns>The moment.</returns>
    internal async Task<long> EndTurnAsync(int lane)
    {
        var ended = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        await CallAsync(() =>
        {
            (_ending, _ended) = (_lanes[lane], ended);
            _ending.Finish(Clock.Now);
            CheckFinished();
            return 0;
        }).ConfigureAwait(false);
        return await ended.Task.ConfigureAwait(false);
    }

    /// <summary>This lane begins no more requests, whether they are due or not.</summary>
    /// <returns>How many were due and not sent.</returns>
    internal Task<long> StopTurnAsync(int lane) => CallAsync(() =>
    {
        var unsent = _lanes[lane].Stop(Clock.Now);
        CheckFinished();
        return unsent;
    });

    /// <summary>The measured time ends at this moment: of a closed loop what ends later does not count and no request begins, and an open one's schedule is over.</summary>
    internal void PostEnd(long end) => Loop.Post(
        _ =>
        {
            EndAt(end);
            CheckFinished();
        },
        null);

    internal void PostSweep() => Loop.Post(static state => ((LoadLoop)state!).Sweep(), this);

    /// <summary>Resets what is open and ends the thread.</summary>
    internal async Task EndAsync()
    {
        await CallAsync(() =>
        {
            IsStopping = true;
            foreach (var lane in _lanes)
            {
                lane.Dispose();
            }

            return 0;
        }).ConfigureAwait(false);
        await Loop.StopAsync().ConfigureAwait(false);
    }

    internal void CheckFinished()
    {
        if (_ending is { Busy: 0, IsExhausted: true })
        {
            _ending = null;
            _ended!.TrySetResult(Clock.Now);
        }

        foreach (var lane in _lanes)
        {
            if (!_started || lane.Busy > 0 || !lane.IsExhausted)
            {
                return;
            }
        }

        if (!_finished.Task.IsCompleted)
        {
            _finished.TrySetResult(Clock.Now);
        }
    }

    private void Sweep()
    {
        var now = Clock.Now;
        foreach (var lane in _lanes)
        {
            lane.Sweep(now);
        }

        if (_preparing && _lanes.All(static lane => lane.IsPrepared))
        {
            _prepared.TrySetResult();
        }
    }

    // Of this loop alone; the moment for all of them comes when the last one has begun, and that can be too late for a short run.
    private void EndAfterDuration(long now)
    {
        if (_duration is { } duration)
        {
            EndAt(now + duration);
        }
    }

    private void EndAt(long end)
    {
        (CutOff, ScheduleEnd) = _cutsOff ? (end, long.MaxValue) : (long.MaxValue, end);
        foreach (var lane in _lanes)
        {
            lane.EndAt(end);
        }
    }

    private Task<T> CallAsync<T>(Func<T> call)
    {
        var source = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(_ => source.SetResult(call()), null);
        return source.Task;
    }
}
