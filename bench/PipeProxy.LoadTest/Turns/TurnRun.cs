using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Watch;
using PipeProxy.Tls;

namespace PipeProxy.LoadTest.Turns;

/// <summary>Several targets under load in turns of a fraction of a second, over connections that stay open all the while.</summary>
/// <remarks>
/// A shared machine is faster in one second than in the next. Two turns that follow one another directly have had the same weather, so their ratio says more than that of two long runs, and there are many such ratios.
/// A turn ends when its last request has been answered, and the processes' clocks are read between turns: each has exactly its own work on its account.
/// </remarks>
internal sealed class TurnRun(TurnPlan plan, TextWriter? progress)
{
    private readonly List<TurnResult> _results = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TurnLoop? _clients;
    private TurnLoop? _storm;
    private Exception? _bug;

    /// <summary>Runs them all.</summary>
    /// <param name="stop">Ends the run at once; the turns that were whole by then are the result.</param>
    /// <exception cref="LoadException">A target cannot be reached.</exception>
    internal async Task<IReadOnlyList<TurnResult>> RunAsync(CancellationToken stop)
    {
        await using var registration = stop.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), _stopped).ConfigureAwait(false);
        using var workers = plan.Targets.Any(static target => target.Target.IsTls) ? new HandshakeWorkers() : null;
        try
        {
            _clients = await TurnLoop.StartAsync(0, plan.Load, workers, _stopped.Task, SetBug, stop).ConfigureAwait(false);
            if (plan.Storm is { } storm)
            {
                _storm = await TurnLoop.StartAsync(1, plan.Load with { Targets = [.. plan.Load.Targets.Select(storm.At)], Connections = storm.Requests, Rate = null }, workers, _stopped.Task, SetBug, stop).ConfigureAwait(false);
            }

            progress?.WriteLine($"opening {plan.Load.Connections + (plan.Storm?.Requests ?? 0)} connections to each");
            await _clients.PrepareAsync().ConfigureAwait(false);
            await (_storm?.PrepareAsync() ?? Task.CompletedTask).ConfigureAwait(false);
            await TakeTurnsAsync(_clients).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // While names were resolved.
        }
        finally
        {
            await (_clients?.StopAsync() ?? Task.CompletedTask).ConfigureAwait(false);
            await (_storm?.StopAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }

        return _bug is null ? _results : throw new LoadException($"A bug in this tool: {_bug}");
    }

    private bool IsStopped => _stopped.Task.IsCompleted;

    private async Task TakeTurnsAsync(TurnLoop clients)
    {
        for (var i = 0; i < plan.Targets.Count && plan.Load.Warmup > TimeSpan.Zero && !IsStopped; i++)
        {
            progress?.WriteLine($"warming up {plan.Targets[i].Name}");
            _ = await TurnAsync(clients, 0, i, plan.Load.Warmup).ConfigureAwait(false);
        }

        for (var round = 0; round < plan.Rounds; round++)
        {
            // Rotated, so that none always follows the same one.
            for (var i = 0; i < plan.Targets.Count && !IsStopped; i++)
            {
                var turn = await TurnAsync(clients, round, (round + i) % plan.Targets.Count, plan.Turn).ConfigureAwait(false);
                if (!IsStopped)
                {
                    _results.Add(turn);
                }
            }
        }
    }

    private async Task<TurnResult> TurnAsync(TurnLoop clients, int round, int index, TimeSpan length)
    {
        var (name, _, process) = plan.Targets[index];
        process?.Begin();
        var (began, begin) = (DateTimeOffset.UtcNow, await clients.BeginAsync(index).ConfigureAwait(false));
        await clients.PassAsync(Task.Delay(length)).ConfigureAwait(false);
        var (storm, stormSeconds) = (default(Tally), double.NaN);
        if (_storm is not null)
        {
            // What came before it is not the result.
            clients.Return(await clients.TakeAsync().ConfigureAwait(false));
            process?.Begin();
            (began, begin) = (DateTimeOffset.UtcNow, Clock.Now);
            (storm, stormSeconds) = await StormAsync(clients, _storm, index).ConfigureAwait(false);
        }

        var (end, unsent) = await clients.EndAsync(index).ConfigureAwait(false);
        process?.End();

        var tally = await clients.TakeAsync().ConfigureAwait(false);
        var result = new TurnResult(round, name, began, Clock.Seconds(end - begin), tally.Requests, tally.Errors + unsent + (storm?.Errors ?? 0), Cpu(process), LatencySummary.Of(tally.Latency), ReasonOf(process) ?? ReasonOf(tally, storm, unsent))
        {
            StormSeconds = stormSeconds,
        };
        clients.Return(tally);
        if (storm is not null)
        {
            _storm!.Return(storm);
        }

        return result;
    }

    // The clients go on meanwhile, and their loop is swept.
    private async Task<(Tally Tally, double Seconds)> StormAsync(TurnLoop clients, TurnLoop storm, int index)
    {
        var begin = await storm.BeginAsync(index, plan.Storm!.Requests).ConfigureAwait(false);
        var over = storm.EndAsync(index);
        await clients.PassAsync(over).ConfigureAwait(false);
        var (end, _) = await over.ConfigureAwait(false);
        return (await storm.TakeAsync().ConfigureAwait(false), Clock.Seconds(end - begin));
    }

    private static double Cpu(WatchedProcess? process) => process?.Usage is { IsGone: false } usage ? usage.Cpu.TotalSeconds : double.NaN;

    private static string? ReasonOf(WatchedProcess? process) => process?.Usage is { IsGone: true } usage ? $"process {usage.Pid} has ended" : null;

    private static string? ReasonOf(Tally tally, Tally? storm, long unsent)
        => unsent > 0 ? $"{unsent} requests of the schedule found no free connection" : ReasonOf(tally) ?? (storm is null ? null : ReasonOf(storm) is { } reason ? $"in the storm: {reason}" : null);

    private static string? ReasonOf(Tally tally)
        => tally.Reasons.Count > 0 ? tally.Reasons.MaxBy(static pair => pair.Value).Key.Text
            : tally.HttpErrors > 0 ? $"answers of {Array.FindIndex(tally.Statuses, 400, static count => count > 0)}"
            : null;

    private void SetBug(Exception exception) => _bug ??= exception;
}
