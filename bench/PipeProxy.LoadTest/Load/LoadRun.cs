using PipeProxy.LoadTest.Progress;
using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Watch;
using PipeProxy.Tls;

namespace PipeProxy.LoadTest.Load;

/// <summary>One run from the first connection to the result.</summary>
/// <remarks>
/// <code>
/// 1 resolve   names, loops, lanes
/// 2 prepare   open all connections; not measured
/// 3 warm up   load as later; thrown away
/// 4 measure   an interval at a time
/// 5 finish    open loop and --requests: what is under way may end, within --timeout
/// 6 end       close everything, add up
/// </code>
/// </remarks>
internal sealed class LoadRun : IDisposable
{
    // How exact --timeout is, and how long a closed loop pauses after a failed connect. Each tick wakes three threads.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly LoadPlan _plan;
    private readonly IReadOnlyList<WatchedProcess> _watched;
    private readonly IRunProgress _progress;
    private readonly Task _stopped;
    private readonly HandshakeWorkers? _workers;
    private readonly LoadLoop[] _loops;
    private readonly Tally _total = new();
    private readonly Tally _interval = new();
    private readonly Queue<Tally> _spare = new();
    private readonly List<IntervalResult> _intervals = [];
    private Task _finished = Task.CompletedTask;
    private LaneDivision? _division;
    private Exception? _bug;

    /// <summary>Prepares a run.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="watched">Processes whose CPU and memory to note beside the result.</param>
    /// <param name="progress">Is told while it runs.</param>
    /// <param name="stop">Ends the run early; what was measured until then is the result.</param>
    internal LoadRun(LoadPlan plan, IReadOnlyList<WatchedProcess> watched, IRunProgress progress, CancellationToken stop)
    {
        (_plan, _watched, _progress) = (plan, watched, progress);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        _stopped = stopped.Task;
        _workers = plan.Targets.Any(static target => target.IsTls) ? new HandshakeWorkers() : null;
        _loops = [.. Enumerable.Range(0, plan.Threads).Select(index => new LoadLoop(index, plan, exception => _bug ??= exception))];
    }

    /// <exception cref="LoadException">Nothing can be measured.</exception>
    internal async Task<LoadResult> RunAsync()
    {
        // :: Step 1: resolve
        var origins = await Origin.ResolveAsync(_plan.Targets, CancellationToken.None).ConfigureAwait(false);
        _division = LaneDivision.Of(origins, _plan, _loops, _workers);
        foreach (var loop in _loops)
        {
            loop.Loop.Start();
            _spare.Enqueue(new Tally());
        }

        _finished = Task.WhenAll(_loops.Select(static loop => loop.Finished));
        try
        {
            return await RunLoopsAsync().ConfigureAwait(false);
        }
        finally
        {
            _progress.Ended();
            await Task.WhenAll(_loops.Select(static loop => loop.EndAsync())).ConfigureAwait(false);
        }
    }

    public void Dispose() => _workers?.Dispose();

    private async Task<LoadResult> RunLoopsAsync()
    {
        // :: Step 2: prepare
        if (_plan.RequestsPerConnection != 1)
        {
            await PrepareAsync().ConfigureAwait(false);
        }

        // :: Step 3: warm up
        if (_plan.Warmup > TimeSpan.Zero)
        {
            await StartAsync().ConfigureAwait(false);
            _progress.WarmingUp(_plan.Warmup);
            await PassAsync(Clock.Now + Clock.Of(_plan.Warmup)).ConfigureAwait(false);
        }

        // :: Step 4: measure
        var started = DateTimeOffset.UtcNow;
        var begin = await TakeAsync(_division!.Limits(_plan.Requests)).ConfigureAwait(false);
        _intervals.Clear();
        if (_plan.Warmup == TimeSpan.Zero)
        {
            begin = await StartAsync().ConfigureAwait(false);
        }

        var ownCpu = Environment.CpuUsage.TotalTime;
        foreach (var process in _watched)
        {
            process.Begin();
        }

        _total.Clear();
        var (end, gaveUp) = await MeasureAsync(begin).ConfigureAwait(false);

        // :: Step 5: finish
        var interrupted = _stopped.IsCompleted;
        var unsent = (await Task.WhenAll(_loops.Select(static loop => loop.StopSendingAsync())).ConfigureAwait(false)).Sum();
        if ((_plan.Rate is not null || _plan.Requests is not null) && !interrupted && !gaveUp)
        {
            await PassAsync(Clock.Now + Clock.Of(_plan.Timeout)).ConfigureAwait(false);
        }

        // :: Step 6: end
        var last = await TakeAsync().ConfigureAwait(false);
        AddInterval(begin, end);
        var cpu = Environment.CpuUsage.TotalTime - ownCpu;
        foreach (var process in _watched)
        {
            process.End();
        }

        if (_bug is not null)
        {
            throw new LoadException($"A bug in this tool: {_bug}");
        }

        return new LoadResult
        {
            Plan = _plan,
            Started = started,
            Seconds = Clock.Seconds((_plan.Requests is not null && !interrupted ? Math.Min(last, end) : end) - begin),
            Total = _total,
            Intervals = _intervals,
            Watched = [.. _watched.Select(static process => process.Usage)],
            OwnCpu = cpu,
            Unsent = unsent,
            Interrupted = interrupted,
            GaveUp = gaveUp,
        };
    }

    private async Task PrepareAsync()
    {
        _progress.Connecting(_plan.Connections);
        var prepared = Task.WhenAll(_loops.Select(static loop => loop.PrepareAsync()));
        while (!prepared.IsCompleted && !_stopped.IsCompleted)
        {
            await TickAsync(prepared, Tick).ConfigureAwait(false);
        }

        await TakeAsync().ConfigureAwait(false);
        if (_interval.Connecting.TotalCount == 0 && _interval.Errors > 0)
        {
            var (kind, text) = _interval.Reasons.MaxBy(static reason => reason.Value).Key;
            throw new LoadException($"No connection could be made ({kind}): {text}");
        }

        _interval.Clear();
    }

    private async Task<long> StartAsync() => (await Task.WhenAll(_loops.Select(static loop => loop.StartAsync())).ConfigureAwait(false)).Max();

    private async Task<(long End, bool GaveUp)> MeasureAsync(long begin)
    {
        var end = _plan.Duration is { } duration ? begin + Clock.Of(duration) : long.MaxValue;
        foreach (var loop in _loops)
        {
            loop.PostEnd(end);
        }

        var step = Clock.Of(_plan.Interval);
        for (var k = 1L; ; k++)
        {
            var boundary = begin + (k * step);
            await PassAsync(Math.Min(boundary, end)).ConfigureAwait(false);
            if (_finished.IsCompleted || _stopped.IsCompleted || boundary >= end)
            {
                // The last interval is closed when what is under way has ended.
                // A schedule lasts as long as it was meant to, also when its last request was answered early.
                var whole = _plan.Rate is not null && _plan.Requests is null && !_stopped.IsCompleted;
                return (whole ? end : Math.Min(Clock.Now, end), false);
            }

            AddInterval(begin, await TakeAsync().ConfigureAwait(false));
            if (_total.Requests == 0 && _total.Errors >= Math.Max(20, 3 * _plan.Connections))
            {
                return (Clock.Now, true);
            }
        }
    }

    // What every loop counted goes into _interval; the latest moment at which one handed over is the end of it.
    private async Task<long> TakeAsync(long[][]? limits = null)
    {
        var taken = await Task.WhenAll(_loops.Select((loop, index) => loop.TakeAsync(_spare.Dequeue(), limits?[index]))).ConfigureAwait(false);
        _interval.Clear();
        foreach (var (tally, _) in taken)
        {
            _interval.Add(tally);
            tally.Clear();
            _spare.Enqueue(tally);
        }

        return taken.Max(static part => part.At);
    }

    private void AddInterval(long begin, long at)
    {
        _total.Add(_interval);
        var before = _intervals.Count == 0 ? 0 : _intervals[^1].At;
        var interval = IntervalResult.Of(_interval, Clock.Seconds(at - begin), before);
        if (interval.Seconds > 0)
        {
            _intervals.Add(interval);
            _progress.Measured(interval, _total);
        }
    }

    // Until the moment, the end of all requests, or Ctrl-C.
    private async Task PassAsync(long until)
    {
        while (!_finished.IsCompleted && !_stopped.IsCompleted && until - Clock.Now is > 0 and var left)
        {
            var wait = TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling((double)left / Clock.Millisecond), Tick.TotalMilliseconds));
            await TickAsync(_finished, wait).ConfigureAwait(false);
        }
    }

    private async Task TickAsync(Task over, TimeSpan wait)
    {
        await Task.WhenAny(over, _stopped, Task.Delay(wait)).ConfigureAwait(false);
        foreach (var loop in _loops)
        {
            loop.PostSweep();
        }

        foreach (var process in _watched)
        {
            process.Sample();
        }
    }
}
