using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <content>Requests in line: for a connection or a place, or for the verdict of an attempt; and who wakes them.</content>
internal sealed partial class KeyPool
{
    /// <summary>Stands in line on <paramref name="loop"/> until a connection or a place is free, or <paramref name="timeout"/> passes.</summary>
    public PoolWaiter Enqueue(EventLoop loop, TimeSpan timeout)
    {
        var waiter = _shelves[loop.Index].Enqueue(timeout);
        Interlocked.Increment(ref _waiters);
        if (TryReserveSlot())
        {
            // A place became free between the look and the line; whoever freed it saw nobody in line.
            _places.EndConnecting();
            _places.Free();
            WakeNext(loop);
            return waiter;
        }

        if (OpenConnections < Config.MaxConnections)
        {
            // Too many are being opened, which one that is idle elsewhere would not help.
            return waiter;
        }

        // The cap may be taken by connections that lie idle on other loops. They cannot move here, but their places can.
        foreach (var shelf in _shelves)
        {
            if (shelf.Loop != loop)
            {
                shelf.Loop.Post(static state => ((PoolShelf)state!).GiveUpOldestIdle(), shelf);
            }
        }

        return waiter;
    }

    /// <summary>Stands in line on <paramref name="loop"/> for the verdict of the attempt that is under way.</summary>
    public PoolWaiter EnqueueForVerdict(EventLoop loop, TimeSpan timeout)
    {
        var waiter = _shelves[loop.Index].EnqueueForVerdict(timeout);
        if (!Gate.IsAwaited)
        {
            // It came between the look and the line.
            waiter.TryAnswer(null);
        }

        return waiter;
    }

    /// <summary>A waiter has its answer, whichever it is.</summary>
    public void Answered() => Interlocked.Decrement(ref _waiters);

    /// <summary>A place may be free: wakes one who waits for it, on this loop if there is one. Not without a place to give: whoever is woken for nothing goes to the end of the line.</summary>
    public void WakeNext(EventLoop loop)
    {
        if (!IsAnyoneWaiting || OpenConnections >= Config.MaxConnections || _places.Connecting >= Config.MaxConnecting)
        {
            return;
        }

        if (!_shelves[loop.Index].WakeOne(null))
        {
            foreach (var shelf in _shelves)
            {
                if (shelf.Loop != loop)
                {
                    shelf.Loop.Post(static state => ((PoolShelf)state!).WakeOne(null), shelf);
                }
            }
        }
    }

    // Caps may be higher, or the breaker says something else: all in line ask again.
    private void WakeAll()
    {
        if (IsAnyoneWaiting)
        {
            foreach (var shelf in _shelves)
            {
                shelf.Loop.Post(static state => ((PoolShelf)state!).WakeAll(), shelf);
            }
        }
    }

    private void TellVerdict(Failure? failure)
    {
        foreach (var shelf in _shelves)
        {
            shelf.Loop.Post(static state => Tell(((PoolShelf, Failure?))state!), (shelf, failure));
        }

        static void Tell((PoolShelf Shelf, Failure? Failure) state) => state.Shelf.TellVerdict(state.Failure);
    }
}
