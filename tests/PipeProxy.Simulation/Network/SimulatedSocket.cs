using System.Net;
using PipeProxy.Transport;

namespace PipeProxy.Simulation.Network;

/// <summary>One connection's descriptor in the network in memory; keeps the promises of <see cref="TransportSocket"/> as <see cref="EpollSocket"/> does.</summary>
internal sealed class SimulatedSocket : TransportSocket
{
    private readonly SimulatedTransport _transport;
    private readonly SimulatedNetwork _network;
    private readonly LoopOperation _receive = new();
    private readonly LoopOperation _send = new();
    private readonly Queue<Segment> _received = new();
    private Wire? _wire;
    private ulong _watch;
    private bool _watching;
    private bool _closed;
    private bool _connecting;
    private bool _endSeen;
    private bool _resetSeen;
    private IoStatus _receiveEnded;
    private Memory<byte> _receiveBuffer;
    private OutBuffer? _sending;
    private EndPoint? _local;
    private EndPoint? _remote;

    internal SimulatedSocket(SimulatedTransport transport, SimulatedNetwork network)
        : base(transport.Loop)
    {
        _transport = transport;
        _network = network;
        transport.Add(this);
    }

    internal override EndPoint? LocalEndPoint => _local;

    internal override EndPoint? RemoteEndPoint => _remote;

    internal override bool IsClosed => _closed;

    /// <summary>A client's connection gets its descriptor.</summary>
    internal void Accepted(Wire wire, EndPoint local, EndPoint remote)
    {
        (_wire, _local, _remote) = (wire, local, remote);
        TakeDescriptor();
        wire.Attach(_transport, _watch);
    }

    internal override ValueTask<IoStatus> ConnectAsync(EndPoint endPoint)
    {
        Loop.AssertInside();
        _remote = endPoint;
        TakeDescriptor();
        _wire = _network.ConnectOrigin((IPEndPoint)endPoint, _transport, _watch);
        if (_wire is null)
        {
            return new(IoStatus.Unreachable);
        }

        _connecting = true;
        return _send.PendingStatus();
    }

    internal override ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer)
    {
        Loop.AssertInside();
        if (TryReceive(buffer.Span, out var result))
        {
            return new(result);
        }

        _receiveBuffer = buffer;
        return _receive.Pending();
    }

    internal override ValueTask<IoResult> SendAsync(OutBuffer output)
    {
        Loop.AssertInside();
        if (TrySend(output, out var result))
        {
            return new(result);
        }

        _sending = output;
        return _send.Pending();
    }

    internal override void EndReceive()
    {
        _receiveEnded = IoStatus.Aborted;
        DropReceived();
        if (_receive.InFlight)
        {
            Loop.Defer(static state => ((SimulatedSocket)state!)._receive.Abort(), this);
        }
    }

    internal override void ShutdownSend()
    {
        if (!_closed)
        {
            _wire!.EndToPeer();
        }
    }

    internal override void Close() => Close(reset: false);

    internal override void Abort() => Close(reset: true);

    /// <summary>Something has arrived for this descriptor.</summary>
    internal void OnSegment(Segment segment)
    {
        switch (segment.Kind)
        {
            case SegmentKind.Data:
                _received.Enqueue(segment);
                ReceivePending();
                if (_receiveEnded == IoStatus.Aborted)
                {
                    DropReceived();
                }

                return;
            case SegmentKind.End:
                _endSeen = true;
                ReceivePending();
                break;
            case SegmentKind.Reset:
                _resetSeen = true;
                ReceivePending();
                if (!_closed && !_connecting)
                {
                    SendPending();
                }

                break;
            case SegmentKind.Room:
                SendPending();
                break;
            case SegmentKind.Connected or SegmentKind.Refused when _connecting:
                _connecting = false;
                if (segment.Kind == SegmentKind.Connected)
                {
                    segment.Wire.TellPeer();
                }

                _send.Complete(new IoResult(0, segment.Kind == SegmentKind.Connected ? IoStatus.Ok : IoStatus.Refused));
                break;
        }

        segment.Release();
    }

    private void Close(bool reset)
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _wire?.CloseByProxy(reset);
        DropReceived();
        if (_watching)
        {
            _transport.Close(_watch);
        }

        if (_receive.InFlight || _send.InFlight)
        {
            Loop.Defer(static state => ((SimulatedSocket)state!).EndPending(), this);
        }
        else
        {
            Loop.Transport.Remove(this);
        }
    }

    private void DropReceived()
    {
        while (_received.TryDequeue(out var segment))
        {
            segment.Release();
        }
    }

    private void TakeDescriptor()
    {
        _watch = _transport.Watch(this);
        _watching = true;
    }

    private void EndPending()
    {
        (_receiveBuffer, _sending, _connecting) = (default, null, false);
        Loop.Transport.Remove(this);
        _receive.Abort();
        _send.Abort();
    }

    private bool TryReceive(Span<byte> buffer, out IoResult result)
    {
        if (_closed || _receiveEnded != IoStatus.Ok)
        {
            result = new IoResult(0, _closed ? IoStatus.Aborted : _receiveEnded);
            return true;
        }

        result = default;
        if (_received.Count == 0 && !_endSeen && !_resetSeen)
        {
            return false;
        }

        if (buffer.IsEmpty)
        {
            return true;
        }

        if (_received.Count == 0)
        {
            _receiveEnded = _resetSeen ? IoStatus.Reset : IoStatus.End;
            result = new IoResult(0, _receiveEnded);
            return true;
        }

        var limit = Math.Min(buffer.Length, Loop.Sizes.MaxReceiveBytes);
        if (_wire!.CutsReceives)
        {
            limit = Math.Min(limit, _network.World.Random.Between(1, 64));
        }

        result = new IoResult(Take(buffer[..limit]), IoStatus.Ok);
        return true;
    }

    private int Take(Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length && _received.TryPeek(out var segment))
        {
            var taken = Math.Min(buffer.Length - total, segment.Length);
            segment.Bytes[..taken].CopyTo(buffer[total..]);
            segment.Start += taken;
            segment.Length -= taken;
            total += taken;
            segment.Wire.TakenByProxy(taken);
            if (segment.Length == 0)
            {
                _received.Dequeue().Release();
            }
        }

        return total;
    }

    private bool TrySend(OutBuffer output, out IoResult result)
    {
        if (_closed || _resetSeen)
        {
            result = new IoResult(0, _closed ? IoStatus.Aborted : IoStatus.Reset);
            return true;
        }

        var room = Math.Min(_wire!.RoomToPeer, output.Length);
        result = new IoResult(room, IoStatus.Ok);
        if (room == 0)
        {
            _wire.WaitForRoom();
            return false;
        }

        for (var i = 0; room > 0; i++)
        {
            var bytes = output[i].Span;
            bytes = bytes[..Math.Min(bytes.Length, room)];
            _wire.SendToPeer(bytes);
            room -= bytes.Length;
        }

        return true;
    }

    private void ReceivePending()
    {
        if (_receive.InFlight && !_closed && TryReceive(_receiveBuffer.Span, out var result))
        {
            _receiveBuffer = default;
            _receive.Complete(result);
        }
    }

    private void SendPending()
    {
        if (_send.InFlight && !_closed && _sending is { } output && TrySend(output, out var result))
        {
            _sending = null;
            _send.Complete(result);
        }
    }
}
