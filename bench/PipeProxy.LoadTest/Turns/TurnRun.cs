using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using PipeProxy.Tls;

namespace PipeProxy.LoadTest.Turns;

/// <summary>Several targets under load in turns of a fraction of a second, over connections that stay open all the while.</summary>
/// <remarks>
/// A shared machine is faster in one second than in the next. Two turns that follow one another directly have had the same weather, so their ratio says more than that of two long runs, and there are many such ratios.
/// A turn ends when its last request has been answered, and the processes' clocks are read between turns: each has exactly its own work on its account.
/// </remarks>
internal sealed class TurnRun(TurnPlan plan, TextWriter? progress)
{
    private static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(200);

    private readonly List<TurnResult> _results = [];
    private Tally _spare = new();

    /// <summary>Runs them all.</summary>
    /// <param name="stop">Ends the run after the turn; what was measured until then is the result.</param>
    /// <exception cref="LoadException">A target cannot be reached.</exception>
    internal async Task<IReadOnlyList<TurnResult>> RunAsync(CancellationToken stop)
    {
        Exception? bug = null;
        var loop = new LoadLoop(0, plan.Load, exception => bug ??= exception);
        using var workers = plan.Targets.Any(static target => target.Target.IsTls) ? new HandshakeWorkers() : null;
        loop.Add(await LanesAsync(loop, workers).ConfigureAwait(false));
        loop.Loop.Start();
        try
        {
            await PrepareAsync(loop).ConfigureAwait(false);
            for (var i = 0; i < plan.Targets.Count && plan.Load.Warmup > TimeSpan.Zero && !stop.IsCancellationRequested; i++)
            {
                progress?.WriteLine($"warming up {plan.Targets[i].Name}");
                _ = await TurnAsync(loop, 0, i, plan.Load.Warmup).ConfigureAwait(false);
            }

            for (var round = 0; round < plan.Rounds && !stop.IsCancellationRequested; round++)
            {
                // Rotated, so that none always follows the same one.
                for (var i = 0; i < plan.Targets.Count; i++)
                {
                    _results.Add(await TurnAsync(loop, round, (round + i) % plan.Targets.Count, plan.Turn).ConfigureAwait(false));
                }
            }
        }
        finally
        {
            await loop.EndAsync().ConfigureAwait(false);
        }

        return bug is null ? _results : throw new LoadException($"A bug in this tool: {bug}");
    }

    private async Task<List<Lane>> LanesAsync(LoadLoop loop, HandshakeWorkers? workers)
    {
        var lanes = new List<Lane>();
        foreach (var target in plan.Targets)
        {
            var origin = (await Origin.ResolveAsync([target.Target], CancellationToken.None).ConfigureAwait(false))[0];
            var arrivals = plan.Load.Rate is { } rate ? new Arrivals(rate, 0) : null;
            lanes.Add(new Lane(loop, origin, plan.Load, new Dialer(origin, plan.Load, workers), Enumerable.Range(0, plan.Load.Connections), arrivals));
        }

        return lanes;
    }

    private async Task PrepareAsync(LoadLoop loop)
    {
        if (plan.Load.RequestsPerConnection == 1)
        {
            return;
        }

        progress?.WriteLine($"opening {plan.Load.Connections} connections to each");
        await SweepUntilAsync(loop, loop.PrepareAsync()).ConfigureAwait(false);
        var tally = (await loop.TakeAsync(_spare).ConfigureAwait(false)).Tally;
        if (tally.Connecting.TotalCount == 0 && tally.Errors > 0)
        {
            var (kind, text) = tally.Reasons.MaxBy(static reason => reason.Value).Key;
            throw new LoadException($"No connection could be made ({kind}): {text}");
        }

        tally.Clear();
        _spare = tally;
    }

    private async Task<TurnResult> TurnAsync(LoadLoop loop, int round, int index, TimeSpan length)
    {
        var (name, _, process) = plan.Targets[index];
        process?.Begin();
        var begin = await loop.BeginTurnAsync(index).ConfigureAwait(false);
        await SweepUntilAsync(loop, Task.Delay(length)).ConfigureAwait(false);
        var ending = loop.EndTurnAsync(index);
        await SweepUntilAsync(loop, ending).ConfigureAwait(false);
        var (end, unsent) = await ending.ConfigureAwait(false);
        process?.End();

        var tally = (await loop.TakeAsync(_spare).ConfigureAwait(false)).Tally;
        var latency = LatencySummary.Of(tally.Latency);
        var reason = unsent > 0 ? $"{unsent} requests of the schedule found no free connection"
            : tally.Reasons.Count > 0 ? tally.Reasons.MaxBy(static pair => pair.Value).Key.Text
            : tally.HttpErrors > 0 ? "answers of 400 or above"
            : null;
        var result = new TurnResult(round, name, Clock.Seconds(end - begin), tally.Requests, tally.Errors + unsent, process?.Usage.Cpu.TotalSeconds ?? double.NaN, latency.At(50), latency.At(99), reason);
        tally.Clear();
        _spare = tally;
        return result;
    }

    private static async Task SweepUntilAsync(LoadLoop loop, Task over)
    {
        while (await Task.WhenAny(over, Task.Delay(Sweep)).ConfigureAwait(false) != over)
        {
            loop.PostSweep();
        }
    }
}
