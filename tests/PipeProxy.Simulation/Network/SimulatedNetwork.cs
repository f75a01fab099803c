using System.Net;

namespace PipeProxy.Simulation.Network;

/// <summary>Whoever takes connections from the proxy at an address.</summary>
internal interface IOriginHost
{
    /// <summary>Takes a connection: a peer of its own; null refuses it.</summary>
    Peer? Accept();
}

/// <summary>The network in memory: who listens where, and the wires between.</summary>
internal sealed class SimulatedNetwork(World world)
{
    private readonly Stack<Segment> _segments = new();
    private readonly Dictionary<IPEndPoint, SimulatedListener> _listeners = [];
    private readonly Dictionary<IPEndPoint, IOriginHost> _origins = [];
    private readonly List<SimulatedTransport> _transports = [];
    private int _wires;

    internal World World => world;

    /// <summary>One per loop, in order.</summary>
    internal IReadOnlyList<SimulatedTransport> Transports => _transports;

    /// <summary>Loops are stepped by whoever waits for the proxy to start or to stop, not by the agenda.</summary>
    internal volatile bool Pumping;

    /// <summary>Times in a thousand that something goes wrong with a connection.</summary>
    internal int FaultPermille { get; init; } = 60;

    /// <summary>Bytes on their way, each way, that every wire holds; null leaves it to chance.</summary>
    internal int? WireBytes { get; init; }

    /// <summary>What is planted: events reach whoever has their slot now.</summary>
    internal bool IgnoresGenerations { get; init; }

    /// <summary>A transport for the next loop.</summary>
    internal SimulatedTransport AddTransport()
    {
        var transport = new SimulatedTransport(this);
        _transports.Add(transport);
        return transport;
    }

    internal void AddOrigin(IPEndPoint endPoint, IOriginHost host) => _origins.Add(endPoint, host);

    internal bool TryListen(IPEndPoint endPoint, SimulatedListener listener) => _listeners.TryAdd(endPoint, listener);

    internal void StopListening(IPEndPoint endPoint) => _listeners.Remove(endPoint);

    /// <summary>A client connects to the proxy; it is told how that ended.</summary>
    internal void ConnectClient(Peer client, IPEndPoint endPoint)
    {
        var wire = new Wire(this, client, _wires++);
        PlanFault(wire);
        if (!_listeners.TryGetValue(endPoint, out var listener))
        {
            client.Vanish();
            return;
        }

        // As the kernel spreads connections over sockets that share an address.
        var transport = _transports[world.Random.Next(_transports.Count)];
        wire.Attach(transport, 0);
        wire.Listener = listener;
        wire.Tell(SegmentKind.Incoming);
    }

    /// <summary>The proxy connects to an origin; the descriptor is told how that ended, or nothing at all.</summary>
    internal Wire? ConnectOrigin(IPEndPoint endPoint, SimulatedTransport transport, ulong watch)
    {
        if (!_origins.TryGetValue(endPoint, out var host))
        {
            return null;
        }

        var fate = FaultPermille == 0 ? 1000 : world.Random.Next(1000);
        var peer = fate < 5 ? null : host.Accept();
        var wire = new Wire(this, peer ?? new Nobody(world), _wires++);
        wire.Attach(transport, watch);
        if (fate is >= 5 and < 10)
        {
            // The packet that would open it is dropped somewhere.
            wire.Plan(WireFault.Drop, towardsProxy: true, 0);
            wire.SendToProxy([]);
            return wire;
        }

        if (peer is null)
        {
            wire.Tell(SegmentKind.Refused);
            return wire;
        }

        PlanFault(wire);
        wire.Tell(SegmentKind.Connected);
        return wire;
    }

    internal Segment Rent(Wire wire, SegmentKind kind, bool toProxy)
    {
        if (!_segments.TryPop(out var segment))
        {
            segment = new Segment(this);
        }

        (segment.Wire, segment.Kind, segment.ToProxy, segment.Start, segment.Length) = (wire, kind, toProxy, 0, 0);
        return segment;
    }

    internal void Return(Segment segment) => _segments.Push(segment);

    private void PlanFault(Wire wire)
    {
        if (!world.Random.Chance(FaultPermille))
        {
            return;
        }

        var fault = world.Random.Next(100) switch
        {
            < 45 => WireFault.Reset,
            < 85 => WireFault.End,
            _ => WireFault.Drop,
        };

        // At any byte, the first ones and those of handshakes more often.
        var bytes = world.Random.Chance(500) ? world.Random.Next(64) : world.Random.Chance(700) ? world.Random.Next(2000) : world.Random.Next(30_000);
        wire.Plan(fault, world.Random.Chance(500), bytes);
    }

    // The other end of a connection that nobody takes.
    private sealed class Nobody(World world) : Peer(world)
    {
        internal override void OnConnected()
        {
        }

        protected override void OnBytes(ReadOnlySpan<byte> bytes)
        {
        }

        protected override void OnEnd()
        {
        }

        protected override void OnReset()
        {
        }
    }
}
