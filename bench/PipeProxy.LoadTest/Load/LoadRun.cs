using System.Net;
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
/// 5 finish    open loop: what was due is sent and answered, within --timeout
/// 6 end       close everything, add up
/// </code>
/// </remarks>
internal sealed partial class LoadRun : IDisposable
{
    private const string TooEarly = "interrupted before anything was measured.";

    private readonly LoadPlan _plan;
    private readonly IReadOnlyList<WatchedProcess> _watched;
    private readonly IRunProgress _progress;
    private readonly CancellationToken _stop;
    private readonly Func<string, Task<IPAddress[]>>? _ask;
    private readonly Task _stopped;
    private readonly HandshakeWorkers? _workers;
    private readonly LoadLoop[] _loops;
    private readonly IntervalLog _log;
    private Task _finished = Task.CompletedTask;
    private LaneDivision? _division;
    private Exception? _bug;

    /// <summary>Prepares a run.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="watched">Processes whose CPU and memory to note beside the result.</param>
    /// <param name="progress">Is told while it runs.</param>
    /// <param name="stop">Ends the run early; what was measured until then is the result.</param>
    /// <param name="ask">See <see cref="Origin.ResolveAsync"/>.</param>
    internal LoadRun(LoadPlan plan, IReadOnlyList<WatchedProcess> watched, IRunProgress progress, CancellationToken stop, Func<string, Task<IPAddress[]>>? ask = null)
    {
        (_plan, _watched, _progress, _stop, _ask) = (plan, watched, progress, stop, ask);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        _stopped = stopped.Task;
        _workers = plan.Targets.Any(static target => target.IsTls) ? new HandshakeWorkers() : null;
        _loops = [.. Enumerable.Range(0, plan.Threads).Select(index => new LoadLoop(index, plan, exception => _bug ??= exception))];
        _log = new IntervalLog(_loops, progress);
    }

    /// <exception cref="LoadException">Nothing can be measured.</exception>
    internal async Task<LoadResult> RunAsync()
    {
        // :: Step 1: resolve
        var origins = await ResolveAsync().ConfigureAwait(false);
        _division = LaneDivision.Of(origins, _plan, _loops, _workers);
        foreach (var loop in _loops)
        {
            loop.Loop.Start();
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
            await StartAsync(measured: false).ConfigureAwait(false);
            _progress.WarmingUp(_plan.Warmup);
            await PassAsync(Clock.Now + Clock.Of(_plan.Warmup)).ConfigureAwait(false);
        }

        if (_stopped.IsCompleted)
        {
            throw new LoadException(TooEarly);
        }

        // :: Step 4: measure
        var started = DateTimeOffset.UtcNow;
        var (begin, _) = await _log.TakeAsync(begins: true, _division!.Limits(_plan.Requests)).ConfigureAwait(false);
        _log.Drop();
        if (_plan.Warmup == TimeSpan.Zero)
        {
            begin = await StartAsync(measured: true).ConfigureAwait(false);
        }

        var ownCpu = Environment.CpuUsage.TotalTime;
        foreach (var process in _watched)
        {
            process.Begin();
        }

        var (end, gaveUp) = await MeasureAsync(begin).ConfigureAwait(false);

        // :: Step 5: finish
        var waiting = _plan.Rate is null ? await WaitingAsync(end).ConfigureAwait(false) : WaitingRequests.None;
        var unsent = _plan.Rate is null ? await StopSendingAsync().ConfigureAwait(false) : await FinishAsync(begin, end, gaveUp).ConfigureAwait(false);

        // :: Step 6: end
        var interrupted = _stopped.IsCompleted;
        var (_, last) = await _log.TakeAsync().ConfigureAwait(false);
        if (_plan.Rate is null)
        {
            end = Math.Min(end, last);
        }

        _log.CloseLast(Clock.Seconds(end - begin), Clock.Seconds(last - begin));
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
            Seconds = Clock.Seconds(end - begin),
            Total = _log.Total,
            Intervals = _log.Intervals,
            Watched = [.. _watched.Select(static process => process.Usage)],
            OwnCpu = cpu,
            Unsent = unsent,
            Waiting = waiting,
            Interrupted = interrupted,
            GaveUp = gaveUp,
        };
    }

    private async Task<IReadOnlyList<Origin>> ResolveAsync()
    {
        try
        {
            return await Origin.ResolveAsync(_plan.Targets, _stop, _ask).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new LoadException(TooEarly);
        }
    }

    private async Task PrepareAsync()
    {
        _progress.Connecting(_plan.Connections);
        var prepared = Task.WhenAll(_loops.Select(static loop => loop.PrepareAsync()));
        while (!prepared.IsCompleted && !_stopped.IsCompleted)
        {
            await TickAsync(prepared, _plan.Look).ConfigureAwait(false);
        }

        await _log.TakeAsync().ConfigureAwait(false);
        if (_log.Taken is { Connecting.TotalCount: 0, Errors: > 0 })
        {
            var (kind, text) = _log.Taken.Reasons.MaxBy(static reason => reason.Value).Key;
            throw new LoadException($"No connection could be made ({kind}): {text}");
        }

        _log.Drop();
    }

    // The first to start begins the time: with the last, what the others had answered until then would count as answered in no time.
    private async Task<long> StartAsync(bool measured) => (await Task.WhenAll(_loops.Select(loop => loop.StartAsync(measured))).ConfigureAwait(false)).Min();

    // Until the moment, the end of all requests, or Ctrl-C.
    private async Task PassAsync(long until)
    {
        while (!_finished.IsCompleted && !_stopped.IsCompleted && until - Clock.Now is > 0 and var left)
        {
            var wait = TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling((double)left / Clock.Millisecond), _plan.Look.TotalMilliseconds));
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
