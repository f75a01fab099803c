using System.Net;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>One loop's part of a <see cref="KeyPool"/>: its connections, those of them that are nobody's, and its requests in line. Loop-owned.</summary>
internal sealed class PoolShelf
{
    private readonly KeyPool _pool;

    // Changed on the loop only and under its own lock, per connection and not per request; counted from any thread under that lock.
    private readonly List<UpstreamConnection> _all = [];
    private readonly Queue<PoolWaiter> _waiters = new();
    private readonly Queue<PoolWaiter> _verdicts = new();

    /// <summary>Makes an empty shelf.</summary>
    public PoolShelf(KeyPool pool, EventLoop loop, LoopCounters counters)
    {
        _pool = pool;
        Loop = loop;
        Counters = counters;
        Warmer = new PoolWarmer(pool, this);
    }

    /// <summary>The loop it belongs to.</summary>
    public EventLoop Loop { get; }

    /// <summary>What the loop counts.</summary>
    public LoopCounters Counters { get; }

    /// <summary>Connections that wait for a request; the last is taken first.</summary>
    public List<UpstreamConnection> Idle { get; } = [];

    /// <summary>Opens connections ahead.</summary>
    public PoolWarmer Warmer { get; }

    /// <summary>Requests in line; may count some that have given up.</summary>
    public int Waiting => _waiters.Count + _verdicts.Count;

    /// <summary>Keeps track of a connection until <see cref="Forget"/>.</summary>
    public void Add(UpstreamConnection connection)
    {
        lock (_all)
        {
            connection.Slot = _all.Count;
            _all.Add(connection);
        }
    }

    /// <summary>The connection is closed.</summary>
    public void Forget(UpstreamConnection connection)
    {
        lock (_all)
        {
            var last = _all[^1];
            _all[connection.Slot] = last;
            last.Slot = connection.Slot;
            _all.RemoveAt(_all.Count - 1);
            connection.Slot = -1;
        }
    }

    /// <summary>Adds its connections to <paramref name="counts"/>, by state. From any thread.</summary>
    public void Count(Span<int> counts)
    {
        lock (_all)
        {
            foreach (var connection in _all)
            {
                counts[(int)connection.State]++;
            }
        }
    }

    /// <summary>Puts a request in line for a place or a connection.</summary>
    public PoolWaiter Enqueue(TimeSpan timeout)
    {
        var waiter = new PoolWaiter(_pool, Loop, timeout);
        DropAnswered(_waiters);
        _waiters.Enqueue(waiter);
        return waiter;
    }

    /// <summary>Puts a request in line for a verdict; a connection that comes back serves it too.</summary>
    public PoolWaiter EnqueueForVerdict(TimeSpan timeout)
    {
        var waiter = new PoolWaiter(null, Loop, timeout);
        DropAnswered(_verdicts);
        _verdicts.Enqueue(waiter);
        return waiter;
    }

    /// <summary>Answers the first in line who still waits.</summary>
    /// <param name="connection">To be leased; null says that a place is free.</param>
    public bool WakeOne(UpstreamConnection? connection)
        => WakeOne(_waiters, connection) || (connection is not null && WakeOne(_verdicts, connection));

    /// <summary>The verdict has come: a failure is shared, otherwise all try again.</summary>
    public void TellVerdict(Failure? failure)
    {
        while (_verdicts.TryDequeue(out var waiter))
        {
            if (failure is null)
            {
                waiter.TryAnswer(null);
            }
            else
            {
                waiter.Fail(failure);
            }
        }
    }

    /// <summary>Closes the connection that lay here for the longest time, if somebody waits elsewhere for its place.</summary>
    public void GiveUpOldestIdle()
    {
        if (Idle.Count > 0 && _pool.IsAnyoneWaiting)
        {
            Idle[0].Close(UpstreamCloseReason.NeededElsewhere);
        }
    }

    /// <summary>Ends the identity on this loop.</summary>
    public void Retire()
    {
        DrainWhere(static (_, _) => true, null, UpstreamCloseReason.Retired, _pool.Config.DrainTimeout);

        // Their target has another binding by now.
        WakeAll();
        TellVerdict(null);
    }

    /// <summary>All in line for a place ask again.</summary>
    public void WakeAll()
    {
        // Whoever finds none stands in line again, later.
        while (WakeOne(null))
        {
        }
    }

    /// <summary>Ends connections to addresses that are not among these; what is under way there goes on.</summary>
    public void KeepOnly(IReadOnlyCollection<IPAddress> addresses)
        => DrainWhere(static (connection, kept) => connection.Address is { } address && !((IReadOnlyCollection<IPAddress>)kept!).Contains(address), addresses, UpstreamCloseReason.AddressGone, Timeout.InfiniteTimeSpan);

    private void DrainWhere(Func<UpstreamConnection, object?, bool> which, object? state, UpstreamCloseReason reason, TimeSpan within)
    {
        Loop.AssertInside();

        // From the end: one that closes is replaced by the last, which was looked at already. Nothing is allocated, since names are followed for ever.
        for (var i = _all.Count - 1; i >= 0; i = Math.Min(i, _all.Count) - 1)
        {
            var connection = _all[i];
            if (which(connection, state))
            {
                connection.Drain(reason, within);
            }
        }
    }

    // Nobody may be woken for as long as all places are held, and those who give up must not gather meanwhile: the first in line is the first to do so.
    private static void DropAnswered(Queue<PoolWaiter> line)
    {
        while (line.TryPeek(out var first) && first.IsAnswered)
        {
            line.Dequeue();
        }
    }

    private static bool WakeOne(Queue<PoolWaiter> line, UpstreamConnection? connection)
    {
        while (line.TryDequeue(out var waiter))
        {
            if (waiter.TryAnswer(connection))
            {
                return true;
            }
        }

        return false;
    }
}
