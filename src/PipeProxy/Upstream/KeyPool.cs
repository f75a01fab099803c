using System.Diagnostics.CodeAnalysis;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>All connections under one <see cref="UpstreamKey"/>: a shelf of idle ones per loop, one cap for the process.</summary>
/// <remarks>
/// Connections never change loops: a lease is taken from the shelf of the loop that the request lives on. The cap is an atomic
/// counter, touched when a connection opens or closes and not per request.
/// </remarks>
internal sealed class KeyPool
{
    private readonly Shelf[] _shelves;
    private int _open;
    private int _waiters;
    private int _notRequested;
    private volatile bool _retired;
    private volatile PoolConfig _config;

    /// <summary>Makes an empty pool.</summary>
    public KeyPool(UpstreamKey key, PoolConfig config, TlsClientOptions? tls, DateTimeOffset notAfter, IReadOnlyList<EventLoop> loops, ProxyMetrics metrics)
    {
        Key = key;
        _config = config;
        Tls = tls;
        NotAfter = notAfter;
        _shelves = new Shelf[loops.Count];
        for (var i = 0; i < _shelves.Length; i++)
        {
            _shelves[i] = new Shelf(this, loops[i], metrics.ForLoop(i));
        }
    }

    /// <summary>The identity that every connection here was opened under.</summary>
    public UpstreamKey Key { get; }

    /// <summary>Caps and ages; replaced by a reload, for connections from then on.</summary>
    public PoolConfig Config
    {
        get => _config;
        set => _config = value;
    }

    /// <summary>Handshake options, built once; null for plain origins.</summary>
    public TlsClientOptions? Tls { get; }

    /// <summary>No connection outlives the certificate it presented.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>No lease is granted any more; connections close as they come back.</summary>
    public bool Retired => _retired;

    /// <summary>Connections open or opening, busy and idle, on all loops.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>What <paramref name="loop"/> counts.</summary>
    public LoopCounters CountersOf(EventLoop loop) => _shelves[loop.Index].Counters;

    /// <summary>True once: the origin asked for no certificate, which is worth one line in the log and not one a connection.</summary>
    public bool TryNoteNotRequested() => Interlocked.Exchange(ref _notRequested, 1) == 0;

    /// <summary>Takes the connection that was idle for the shortest time on <paramref name="loop"/>.</summary>
    public bool TryTakeIdle(EventLoop loop, [NotNullWhen(true)] out UpstreamConnection? connection)
    {
        loop.AssertInside();
        var idle = _shelves[loop.Index].Idle;
        while (!_retired && idle.Count > 0)
        {
            connection = idle[^1];
            idle.RemoveAt(idle.Count - 1);
            if (connection.TryLease())
            {
                return true;
            }
        }

        connection = null;
        return false;
    }

    /// <summary>Takes a place under the cap for a connection to be opened. Every place is given back by <see cref="ReleaseSlot"/>.</summary>
    public bool TryReserveSlot()
    {
        if (Interlocked.Increment(ref _open) <= Config.MaxConnections)
        {
            return true;
        }

        Interlocked.Decrement(ref _open);
        return false;
    }

    /// <summary>Gives a place back and lets the next in line open a connection: one who waits on this loop, else on any other.</summary>
    public void ReleaseSlot(EventLoop loop)
    {
        loop.AssertInside();
        Interlocked.Decrement(ref _open);
        if (Volatile.Read(ref _waiters) == 0)
        {
            return;
        }

        if (!WakeOne(_shelves[loop.Index], null))
        {
            WakeElsewhere(loop);
        }
    }

    /// <summary>Stands in line on <paramref name="loop"/> until a connection or a place is free, or <paramref name="timeout"/> passes.</summary>
    public PoolWaiter Enqueue(EventLoop loop, TimeSpan timeout)
    {
        var waiter = new PoolWaiter(this, loop, timeout);
        _shelves[loop.Index].Waiters.Enqueue(waiter);
        Interlocked.Increment(ref _waiters);
        if (TryReserveSlot())
        {
            // A place became free between the look and the line; whoever freed it saw nobody in line.
            ReleaseSlot(loop);
            return waiter;
        }

        // The cap may be taken by connections that lie idle on other loops. They cannot move here, but their places can.
        foreach (var shelf in _shelves)
        {
            if (shelf.Loop != loop)
            {
                shelf.Loop.Post(static state => ((Shelf)state!).GiveUpOldestIdle(), shelf);
            }
        }

        return waiter;
    }

    /// <summary>A waiter has its answer, whichever it is.</summary>
    public void Answered() => Interlocked.Decrement(ref _waiters);

    /// <summary>Puts a connection that may serve another request back: to the first in line, else on the shelf.</summary>
    /// <returns>False: nobody keeps it, the caller closes it.</returns>
    public bool TryPutBack(UpstreamConnection connection)
    {
        var shelf = _shelves[connection.Loop.Index];
        if (_retired)
        {
            return false;
        }

        if (WakeOne(shelf, connection))
        {
            return true;
        }

        // Somebody waits on another loop and a connection cannot move there: closing this one frees its place for them.
        if (Volatile.Read(ref _waiters) > 0)
        {
            return false;
        }

        shelf.Idle.Add(connection);
        return true;
    }

    /// <summary>Takes a connection off the shelf because it ended while idle.</summary>
    public void Remove(UpstreamConnection connection) => _shelves[connection.Loop.Index].Idle.Remove(connection);

    /// <summary>Ends this identity: idle connections close now, busy ones when their response ends, those opening are never used.</summary>
    public void Retire()
    {
        _retired = true;
        foreach (var shelf in _shelves)
        {
            shelf.Loop.Post(static state => ((Shelf)state!).CloseIdle(), shelf);
        }
    }

    private static bool WakeOne(Shelf shelf, UpstreamConnection? connection)
    {
        while (shelf.Waiters.TryDequeue(out var waiter))
        {
            if (waiter.TryAnswer(connection))
            {
                return true;
            }
        }

        return false;
    }

    private void WakeElsewhere(EventLoop loop)
    {
        foreach (var shelf in _shelves)
        {
            if (shelf.Loop != loop)
            {
                shelf.Loop.Post(static state => WakeOne((Shelf)state!, null), shelf);
            }
        }
    }

    /// <summary>One loop's part of the pool.</summary>
    private sealed class Shelf(KeyPool pool, EventLoop loop, LoopCounters counters)
    {
        public readonly EventLoop Loop = loop;
        public readonly LoopCounters Counters = counters;
        public readonly List<UpstreamConnection> Idle = [];
        public readonly Queue<PoolWaiter> Waiters = new();

        public void GiveUpOldestIdle()
        {
            if (Idle.Count > 0 && Volatile.Read(ref pool._waiters) > 0)
            {
                Idle[0].Close(UpstreamCloseReason.NeededElsewhere);
            }
        }

        public void CloseIdle()
        {
            // Closing takes the connection out of the list.
            for (var i = Idle.Count - 1; i >= 0; i--)
            {
                Idle[i].Close(UpstreamCloseReason.Retired);
            }

            // Those in line ask again: their target has another binding by now.
            while (WakeOne(this, null))
            {
            }
        }
    }
}
