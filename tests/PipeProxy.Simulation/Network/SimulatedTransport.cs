using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using PipeProxy.Transport;

namespace PipeProxy.Simulation.Network;

/// <summary>One loop's part of the network in memory. The loop has no thread: the agenda steps it, some microseconds after something has happened to it, or when its next deadline is due.</summary>
internal sealed class SimulatedTransport(SimulatedNetwork network) : LoopTransport
{
    private readonly Queue<(ulong Watch, Segment Segment)> _ready = new();
    private readonly WatchTable<SimulatedSocket> _watched = new();
    private readonly Turn _turn = new();
    private bool _handled;
    private int _wait;

    internal override bool StepsLoop => true;

    /// <summary>Descriptors that are open.</summary>
    internal int Descriptors => _watched.Count;

    internal override void Poll(int milliseconds)
    {
        Loop.BeginWait();
        Loop.EndWait();

        // What is there now is one batch, as one epoll_wait fetches it: what an earlier event of it closes, a later one may still name.
        _handled = _ready.Count > 0;
        _wait = milliseconds;
        for (var left = _ready.Count; left > 0; left--)
        {
            var (watch, segment) = _ready.Dequeue();
            Deliver(watch, segment);
        }
    }

    internal override void Wake() => TakeTurnSoon();

    internal override TransportSocket? CreateSocket(AddressFamily family) => network.World.Random.Chance(1) ? null : new SimulatedSocket(this, network);

    internal override ListenStatus TryListen(IPEndPoint endPoint, int backlog, out TransportListener? listener)
    {
        var opened = new SimulatedListener(network, endPoint);
        listener = opened;
        return network.TryListen(endPoint, opened) ? ListenStatus.Ok : ListenStatus.AddressInUse;
    }

    public override void Dispose()
    {
    }

    /// <summary>Something has arrived for a descriptor; the loop sees it at its next turn.</summary>
    internal void Enqueue(ulong watch, Segment segment)
    {
        _ready.Enqueue((watch, segment));
        TakeTurnSoon();
    }

    /// <summary>Gives the socket a descriptor.</summary>
    internal ulong Watch(SimulatedSocket socket) => _watched.Add(socket);

    /// <summary>The descriptor is closed, and its number free.</summary>
    internal void Close(ulong watch) => _watched.Remove(WatchTable<SimulatedSocket>.SlotOf(watch));

    /// <summary>The agenda steps the loop from now on.</summary>
    internal void Begin() => TakeTurn(after: 1);

    /// <summary>One round of the loop.</summary>
    /// <returns>False when it has ended.</returns>
    internal bool Step()
    {
        if (!Loop.Step())
        {
            return false;
        }

        if (_handled || _wait == 0)
        {
            TakeTurn(after: 1);
        }
        else if (_wait > 0)
        {
            TakeTurn(after: _wait * 1000L);
        }

        return true;
    }

    [SuppressMessage("Design", "CA1031", Justification = "As the loops' own transports have it: a bug in one callback must not end the loop, and is told.")]
    private void Deliver(ulong watch, Segment segment)
    {
        try
        {
            if (segment.Kind == SegmentKind.Incoming)
            {
                segment.Wire.Listener!.Accept(this, segment.Wire);
                segment.Release();
                return;
            }

            if (network.IgnoresGenerations)
            {
                watch = _watched.Watch(WatchTable<SimulatedSocket>.SlotOf(watch));
            }

            if (_watched.Find(watch) is { } socket)
            {
                socket.OnSegment(segment);
            }
            else
            {
                segment.Wire.RefuseAtProxy(segment.Kind);
                segment.Release();
            }
        }
        catch (Exception e)
        {
            Loop.ReportUnhandled(e);
        }
    }

    // A loop that is busy with others lets things wait, now and then for long.
    private void TakeTurnSoon()
    {
        if (!network.Pumping)
        {
            TakeTurn(network.World.Random.Chance(3) ? network.World.Random.Between(1000, 30_000) : network.World.Random.Between(1, 20));
        }
    }

    private void TakeTurn(long after)
    {
        var at = network.World.Now + after;
        if (!network.Pumping && (_turn.At < 0 || at < _turn.At))
        {
            _turn.At = at;
            _turn.Transport = this;
            network.World.At(at, _turn);
        }
    }

    private sealed class Turn : Occurrence
    {
        internal long At = -1;
        internal SimulatedTransport? Transport;

        internal override void Happen(long now)
        {
            // An earlier one has come in between.
            if (now == At)
            {
                At = -1;
                Transport!.Step();
            }
        }
    }
}
