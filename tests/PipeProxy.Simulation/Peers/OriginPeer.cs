using System.Text;
using PipeProxy.Simulation.Network;

namespace PipeProxy.Simulation.Peers;

/// <summary>An origin's side of a connection: the handshake's other half, and requests one after the other.</summary>
internal sealed partial class OriginPeer : Peer
{
    private const int NotPresented = -3;

    private readonly Oracle _oracle;
    private readonly SimulatedOrigin _origin;
    private readonly ByteQueue _records = new();
    private readonly ByteQueue _input = new();
    private readonly BodyReader _body = new();
    private readonly Func<int, byte, bool> _isRight;
    private readonly Temper _temper;
    private int _presented = NotPresented;
    private bool _accepted;
    private SimulatedRequest? _request;
    private bool _answering;
    private bool _closeAfter;
    private bool _leaving;
    private bool _probed;
    private long _freeSince;
    private long _freeTime;
    private int _idle;

    internal OriginPeer(World world, Oracle oracle, SimulatedOrigin origin)
        : base(world)
    {
        _oracle = oracle;
        _origin = origin;
        _isRight = (index, value) => _request is { } request && value == request.RequestByte(index) && index < request.BodyBytes;
        (_presented, _accepted) = origin.Secured ? (NotPresented, false) : (-1, true);
        (_freeSince, _freeTime) = (world.Moment, world.Now);
        _temper = world.Random.Next(1000) switch
        {
            < 15 => Temper.RefusesInHandshake,
            < 30 => Temper.RefusesLate,
            < 40 => Temper.ResetsLate,
            < 50 => Temper.Stalls,
            _ => Temper.Serves,
        };
    }

    private enum Temper : byte
    {
        Serves,
        RefusesInHandshake,
        RefusesLate,
        ResetsLate,
        Stalls,
    }

    internal override void OnConnected()
    {
    }

    protected override void OnBytes(ReadOnlySpan<byte> bytes)
    {
        if (!_origin.Secured)
        {
            OnData(bytes);
            return;
        }

        _records.Add(bytes);
        while (!Gone && _records.Length >= 3)
        {
            var held = _records.Bytes;
            var length = (held[1] << 8) | held[2];
            if (held.Length < 3 + length)
            {
                break;
            }

            OnRecord(held[0], held.Slice(3, length));
            _records.Drop(3 + length);
        }
    }

    protected override void OnEnd() => End(reset: false);

    protected override void OnReset() => _origin.Forget(this);

    private void End(bool reset)
    {
        Close(reset);
        _origin.Forget(this);
    }

    private void OnRecord(byte kind, ReadOnlySpan<byte> content)
    {
        switch (kind)
        {
            case SimulatedHandshake.Hello when _presented == NotPresented:
                _presented = (short)((content[0] << 8) | content[1]);
                var serverName = Encoding.ASCII.GetString(content[2..]);
                if (serverName != $"o{_origin.Number}.test")
                {
                    World.Fail($"origin {_origin.Number} was greeted as '{serverName}'");
                }

                World.Note(_presented);
                World.After(World.Random.Chance(100) ? World.Random.Between(1000, 400_000) : World.Random.Between(5, 500), Answer);
                break;
            case SimulatedHandshake.Data when _accepted:
                OnData(content);
                break;
            case SimulatedHandshake.CloseNotify:
                break;
            default:
                World.Fail($"origin {_origin.Number} got a record of kind {kind} {(_accepted ? "after" : "in")} the handshake");
                break;
        }
    }

    // The handshake's other half.
    private void Answer()
    {
        if (Gone)
        {
            return;
        }

        var temper = _presented >= 0 && _origin.Distrusted == _presented ? (World.Random.Chance(500) ? Temper.RefusesInHandshake : Temper.RefusesLate) : _temper;
        switch (temper)
        {
            case Temper.RefusesInHandshake:
                Send([SimulatedHandshake.Alert, 0, 1, 48]);
                End(reset: false);
                return;
            case Temper.Stalls:
                return;
        }

        _accepted = true;
        (_freeSince, _freeTime) = (World.Moment, World.Now);
        Send([SimulatedHandshake.Accepted, 0, 1, 1]);
        if (temper is Temper.RefusesLate or Temper.ResetsLate)
        {
            World.After(World.Random.Next(2000), () =>
            {
                if (temper == Temper.RefusesLate)
                {
                    Send([SimulatedHandshake.Alert, 0, 1, 48]);
                }

                End(reset: temper == Temper.ResetsLate);
            });
        }
    }

    private void OnData(ReadOnlySpan<byte> data)
    {
        // Behind its last answer an origin reads nothing more.
        if (!_leaving)
        {
            _input.Add(data);
            Read();
        }
    }

    private void Read()
    {
        while (!Gone && _input.Length > 0)
        {
            if (_request is null)
            {
                var length = HeadText.LengthIn(_input.Bytes);
                if (length == 0)
                {
                    return;
                }

                OnHead(new HeadText(_input.Bytes[..length]));
                _input.Drop(length);
                if (_request is null)
                {
                    return;
                }
            }

            if (_body.IsDone)
            {
                if (_input.Length > 0 && _request is not null)
                {
                    World.Fail($"origin {_origin.Number} got {_input.Length} bytes behind {_request}, before it had answered");
                    return;
                }
            }
            else
            {
                var taken = _body.Take(_input.Bytes, _isRight, out var wrong);
                _input.Drop(taken);
                if (wrong)
                {
                    World.Fail($"the body of {_request} came with a wrong byte at {_body.Count}");
                    return;
                }
            }

            if (_body.IsDone && !_answering)
            {
                _answering = true;
                if (_body.Count != Math.Max(0, _request!.BodyBytes))
                {
                    World.Fail($"the body of {_request} came with {_body.Count} bytes");
                }

                Think();
                return;
            }

            if (!_body.IsDone)
            {
                return;
            }
        }
    }

    private void OnHead(HeadText head)
    {
        if (head.StartLine.StartsWith("GET /probe "u8))
        {
            OnProbe();
            return;
        }

        if (_probed)
        {
            World.Fail($"origin {_origin.Number} got a request on a connection that was a trial's");
        }

        _idle++;
        var token = head.Number("\r\nX-Token: "u8);
        var route = head.StartLine.IndexOf("/r"u8) is var at and >= 0 ? head.StartLine[at + 2] - (byte)'0' : -1;
        _request = _oracle.Find(token);
        if (_request is null)
        {
            World.Fail($"origin {_origin.Number} got a head without a token: {Encoding.ASCII.GetString(head.StartLine)}");
            End(reset: true);
            return;
        }

        World.Note(token);
        _oracle.Arrived(_request, route, _origin.Number, _presented, _freeSince, _freeTime);
        if (head.Has("\r\nTransfer-Encoding: chunked\r\n"u8))
        {
            _body.BeginChunked();
        }
        else
        {
            _body.BeginLength(Math.Max(0, head.Number("\r\nContent-Length: "u8)));
        }

        _answering = false;
        if (head.Has("\r\nExpect: 100-continue\r\n"u8))
        {
            SendData("HTTP/1.1 100 Continue\r\n\r\n"u8);
        }

        if (_body.IsDone)
        {
            _answering = true;
            Think();
        }
        else if (World.Random.Chance(20))
        {
            // An answer that overtakes the body; nothing more is read then.
            _answering = true;
            _closeAfter = true;
            Think();
        }
        else if (World.Random.Chance(30))
        {
            Pause(World.Random.Between(100, 300_000));
        }
    }

    // A certificate is shown before it is in force, on a connection that serves no request.
    private void OnProbe()
    {
        _probed = true;
        World.Note(_presented);
        if (!World.Random.Chance(30))
        {
            World.After(World.Random.Between(1, 5000), () => SendData(World.Random.Chance(500) ? "HTTP/1.1 204 No Content\r\n\r\n"u8 : "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8));
        }
    }

    private void SendData(ReadOnlySpan<byte> data)
    {
        if (!_origin.Secured)
        {
            Send(data);
            return;
        }

        while (!data.IsEmpty)
        {
            var length = Math.Min(data.Length, World.Random.Chance(50) ? World.Random.Between(1, 50) : 16 * 1024);
            Send([SimulatedHandshake.Data, (byte)(length >> 8), (byte)length]);
            Send(data[..length]);
            data = data[length..];
        }
    }
}
