using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Keeps one loop's share of <c>pool.minIdle</c> connections ready. Loop-owned.</summary>
/// <remarks>
/// It looks once a second, so that requests never pay for it, and opens what is missing under the same cap, rates and gate as requests do, after whom it stands back. What fails is counted, logged once until it succeeds again,
/// and makes it look less and less often. A connection that was opened ahead is unconfirmed like any other: only the origin's silence, or an answer, is success.
/// </remarks>
internal sealed class PoolWarmer(KeyPool pool, PoolShelf shelf) : IDeadlineOwner
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private Deadline? _next;
    private int _opening;
    private int _failures;

    /// <summary>Looks now, and from then on by itself while there is something to keep.</summary>
    public void Look()
    {
        shelf.Loop.AssertInside();
        var share = Share();
        if (share == 0 || pool.Retired)
        {
            _next?.Clear();
            return;
        }

        var now = shelf.Loop.Time.GetUtcNow();
        if (now >= pool.NotBefore && now < pool.NotAfter)
        {
            // After a failure one at a time: the next would most likely fail alike.
            var missing = share - shelf.Idle.Count - _opening;
            for (var i = 0; i < (_failures == 0 ? missing : Math.Min(missing, 1)) && TryOpen(); i++)
            {
            }
        }

        _next ??= new Deadline(shelf.Loop, this);
        _next.Set(_failures == 0 ? Interval : TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(_failures, 6)))), DeadlineKind.Queue);
    }

    /// <summary>The origin has taken a connection that was opened ahead.</summary>
    public void Succeeded() => _failures = 0;

    /// <summary>It could not be opened, or the origin refused it.</summary>
    public void Failed(Failure failure)
    {
        pool.NoteAheadFailed(failure, first: _failures++ == 0);
        _next?.Set(TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, Math.Pow(2, Math.Min(_failures, 6)))), DeadlineKind.Queue);
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind) => Look();

    // The remainder goes to the first loops.
    private int Share()
    {
        var (each, rest) = Math.DivRem(pool.Config.MinIdle, pool.LoopCount);
        return each + (shelf.Loop.Index < rest ? 1 : 0);
    }

    private bool TryOpen()
    {
        if (pool.IsAnyoneWaiting || pool.Gate.TryEnter(out var ticket, out _) != GateAnswer.Enter)
        {
            return false;
        }

        if (!pool.TryReserveSlot())
        {
            pool.Gate.Abandoned(ticket);
            return false;
        }

        _ = OpenAsync(new UpstreamConnection(pool, shelf.Loop, ticket));
        return true;
    }

    private async Task OpenAsync(UpstreamConnection connection)
    {
        _opening++;
        try
        {
            if (await pool.Opener!.OpenAsync(connection, lent: false) is { } failure)
            {
                Failed(failure);
            }
        }
#pragma warning disable CA1031 // Nobody awaits this; what went wrong is told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            shelf.Loop.ReportUnhandled(e);
        }
        finally
        {
            _opening--;
        }
    }
}
