namespace PipeProxy.Simulation.Network;

/// <summary>What goes wrong on a wire.</summary>
internal enum WireFault : byte
{
    None,

    /// <summary>RST to both ends.</summary>
    Reset,

    /// <summary>The peer of the proxy is gone: FIN to the proxy, RST to whatever it still sends.</summary>
    End,

    /// <summary>From here on nothing arrives anywhere, and nobody is told.</summary>
    Drop,
}

/// <summary>One connection between the proxy and a peer: both directions in order, cut into pieces, late, and broken off at any byte.</summary>
internal sealed class Wire
{
    private readonly World _world;
    private readonly SimulatedNetwork _network;
    private readonly Peer _peer;
    private readonly Way _toPeer = new();
    private readonly Way _toProxy = new();
    private readonly int _latency;
    private readonly int _jitter;
    private readonly int _pieces;
    private SimulatedTransport? _transport;
    private ulong _watch;
    private bool _dead;
    private bool _broken;
    private bool _proxyGone;
    private bool _peerGone;

    internal Wire(SimulatedNetwork network, Peer peer, int number)
    {
        _world = network.World;
        _network = network;
        _peer = peer;
        Number = number;
        var random = _world.Random;
        (_latency, _jitter) = random.Next(100) switch
        {
            < 90 => (random.Between(10, 200), 50),
            < 98 => (random.Between(200, 20_000), 5_000),
            _ => (random.Between(20_000, 200_000), 100_000),
        };
        _pieces = random.Next(100) switch
        {
            < 90 => Segment.MaxBytes,
            < 97 => random.Between(20, 400),
            _ => random.Between(1, 8),
        };
        _toPeer.Capacity = network.WireBytes ?? CapacityOf(random);
        _toProxy.Capacity = network.WireBytes ?? CapacityOf(random);
        peer.Wire = this;
    }

    /// <summary>Counts the wires of a run.</summary>
    internal int Number { get; }

    /// <summary>Bytes that the proxy may send now.</summary>
    internal int RoomToPeer => _broken || _dead ? int.MaxValue / 2 : _toPeer.Room;

    /// <summary>Bytes that the peer may send now.</summary>
    internal int RoomToProxy => _broken || _dead ? int.MaxValue / 2 : _toProxy.Room;

    /// <summary>Whether a piece is cut here, so that a receive takes less than there is.</summary>
    internal bool CutsReceives => _toProxy.Pieces > 0 && _pieces < Segment.MaxBytes && _world.Random.Chance(500);

    /// <summary>Something went wrong on the way, as planned.</summary>
    internal bool Faulted => _broken || _dead;

    /// <summary>Lets a fault strike when so many bytes have gone in one direction.</summary>
    internal void Plan(WireFault fault, bool towardsProxy, int afterBytes)
    {
        var way = towardsProxy ? _toProxy : _toPeer;
        (way.Fault, way.FaultAfter) = (fault, afterBytes);
    }

    /// <summary>The proxy's end has a descriptor from now on.</summary>
    internal void Attach(SimulatedTransport transport, ulong watch) => (_transport, _watch) = (transport, watch);

    /// <summary>Whom a client's connection is for.</summary>
    internal SimulatedListener? Listener { get; set; }

    /// <summary>Says to the peer that the connection is there.</summary>
    internal void TellPeer() => Send(_toPeer, SegmentKind.Connected);

    /// <summary>Says something without bytes to the proxy's end.</summary>
    internal void Tell(SegmentKind kind) => Send(_toProxy, kind);

    internal void SendToPeer(ReadOnlySpan<byte> bytes) => Transmit(_toPeer, bytes);

    internal void SendToProxy(ReadOnlySpan<byte> bytes) => Transmit(_toProxy, bytes);

    /// <summary>The proxy ended its sending side.</summary>
    internal void EndToPeer() => Send(_toPeer, SegmentKind.End);

    /// <summary>The peer ended its sending side.</summary>
    internal void EndToProxy() => Send(_toProxy, SegmentKind.End);

    /// <summary>The proxy's descriptor is closed.</summary>
    internal void CloseByProxy(bool reset)
    {
        if (!_proxyGone)
        {
            _proxyGone = true;
            Send(_toPeer, reset ? SegmentKind.Reset : SegmentKind.End);
        }
    }

    /// <summary>The peer's descriptor is closed.</summary>
    internal void CloseByPeer(bool reset)
    {
        if (!_peerGone)
        {
            _peerGone = true;
            Send(_toProxy, reset ? SegmentKind.Reset : SegmentKind.End);
        }
    }

    /// <summary>The proxy has taken bytes out of its descriptor's buffer.</summary>
    internal void TakenByProxy(int bytes)
    {
        _toProxy.Outstanding -= bytes;
        _peer.OnRoom();
    }

    /// <summary>The peer has taken bytes.</summary>
    internal void TakenByPeer(int bytes)
    {
        _toPeer.Outstanding -= bytes;
        if (_toPeer.Waited)
        {
            _toPeer.Waited = false;
            _transport?.Enqueue(_watch, _network.Rent(this, SegmentKind.Room, toProxy: true));
        }
    }

    /// <summary>The proxy's end waits for room.</summary>
    internal void WaitForRoom() => _toPeer.Waited = true;

    /// <summary>A segment has come to its end of the wire.</summary>
    internal void Arrive(Segment segment)
    {
        if (_dead)
        {
            segment.Release();
            return;
        }

        _world.Note(((long)Number << 24) | ((long)segment.Kind << 20) | (uint)segment.Length | (segment.ToProxy ? 1L << 23 : 0));
        if (segment.ToProxy)
        {
            _transport!.Enqueue(_watch, segment);
        }
        else
        {
            ArriveAtPeer(segment);
        }
    }

    /// <summary>Data came for a descriptor that is closed: the system says so to the sender.</summary>
    internal void RefuseAtProxy(SegmentKind kind)
    {
        if (kind == SegmentKind.Data)
        {
            Send(_toPeer, SegmentKind.Reset);
        }
    }

    private void ArriveAtPeer(Segment segment)
    {
        if (segment.Kind == SegmentKind.Data && _peerGone)
        {
            Send(_toProxy, SegmentKind.Reset);
            segment.Release();
        }
        else if (_peerGone)
        {
            segment.Release();
        }
        else
        {
            _peer.Arrive(segment);
        }
    }

    private void Transmit(Way way, ReadOnlySpan<byte> bytes)
    {
        if (_dead || _broken)
        {
            return;
        }

        way.Outstanding += bytes.Length;
        var strikes = way.Fault != WireFault.None && way.Sent + bytes.Length >= way.FaultAfter;
        if (strikes)
        {
            bytes = bytes[..(int)(way.FaultAfter - way.Sent)];
        }

        way.Sent += bytes.Length;
        while (!bytes.IsEmpty)
        {
            var length = Math.Min(bytes.Length, _pieces == Segment.MaxBytes || way.Pieces == 0 ? Segment.MaxBytes : _world.Random.Between(1, _pieces));
            way.Pieces = Math.Max(0, way.Pieces - 1);
            var segment = _network.Rent(this, SegmentKind.Data, way == _toProxy);
            segment.Set(bytes[..length]);
            Schedule(way, segment);
            bytes = bytes[length..];
        }

        if (strikes)
        {
            Strike(way);
        }
    }

    private void Strike(Way way)
    {
        var fault = way.Fault;
        way.Fault = WireFault.None;
        switch (fault)
        {
            case WireFault.Reset:
                _broken = true;
                Schedule(_toProxy, _network.Rent(this, SegmentKind.Reset, toProxy: true));
                Schedule(_toPeer, _network.Rent(this, SegmentKind.Reset, toProxy: false));
                break;
            case WireFault.End:
                Schedule(_toProxy, _network.Rent(this, SegmentKind.End, toProxy: true));
                _peerGone = true;
                _peer.Vanish();
                break;
            case WireFault.Drop:
                // What is on its way is lost, too, now and then.
                if (_world.Random.Chance(500))
                {
                    _dead = true;
                }
                else
                {
                    _world.After(_latency, () => _dead = true);
                }

                break;
        }
    }

    private void Send(Way way, SegmentKind kind)
    {
        if (!_dead && !_broken)
        {
            Schedule(way, _network.Rent(this, kind, way == _toProxy));
        }
    }

    private void Schedule(Way way, Segment segment)
    {
        way.LastArrival = Math.Max(way.LastArrival, _world.Now + _latency + _world.Random.Next(_jitter));
        _world.At(way.LastArrival, segment);
    }

    private static int CapacityOf(SeededRandom random) => random.Chance(100) ? random.Between(64, 1024) : random.Chance(300) ? random.Between(1024, 16 * 1024) : 64 * 1024;

    private sealed class Way
    {
        internal int Capacity;

        // So many pieces are small; then it goes on in large ones, or a run would be nothing else.
        internal int Pieces = 300;
        internal int Outstanding;
        internal long Sent;
        internal long LastArrival;
        internal long FaultAfter;
        internal WireFault Fault;
        internal bool Waited;

        internal int Room => Math.Max(0, Capacity - Outstanding);
    }
}
