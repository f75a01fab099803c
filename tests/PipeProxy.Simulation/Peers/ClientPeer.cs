using System.Globalization;
using System.Text;
using PipeProxy.Simulation.Network;

namespace PipeProxy.Simulation.Peers;

/// <summary>A client's connection: sends its requests, several ahead of their answers, and holds each answer against the request that is due.</summary>
internal sealed class ClientPeer : Peer
{
    // No deadline of the proxy's is longer, nor all those that may follow one another for one request.
    private const long Patience = 60_000_000;

    private readonly Oracle _oracle;
    private readonly Clients _clients;
    private readonly Queue<SimulatedRequest> _outstanding = new();
    private readonly ByteQueue _input = new();
    private readonly BodyReader _body = new();
    private readonly Func<int, byte, bool> _isRight;
    private readonly int _depth;
    private readonly bool _old;
    private readonly bool _halfCloses;
    private int _left;
    private bool _lastSent;
    private bool _inBody;
    private bool _tokenSeen;
    private int _bytesDue;
    private bool _unsure;
    private long _progressAt;
    private bool _ended;

    internal ClientPeer(World world, Oracle oracle, Clients clients)
        : base(world)
    {
        (_oracle, _clients) = (oracle, clients);
        _isRight = (index, value) => !_tokenSeen || value == _outstanding.Peek().ResponseByte(index);
        _old = world.Random.Chance(60);
        _left = _old ? 1 : world.Random.Between(1, 60);
        _depth = world.Random.Chance(500) ? 1 : world.Random.Between(2, 8);
        _halfCloses = world.Random.Chance(100);
    }

    internal override void OnConnected()
    {
        _progressAt = World.Now;
        if (World.Random.Chance(20))
        {
            World.After(World.Random.Between(1, 500_000), () => End(reset: World.Random.Chance(700)));
        }

        World.After(Patience / 4, Watch);
        SendMore();
    }

    protected override void OnBytes(ReadOnlySpan<byte> bytes)
    {
        _progressAt = World.Now;
        _input.Add(bytes);
        while (!Gone && _input.Length > 0 && (_inBody ? TakeBody() : TakeHead()))
        {
        }

        if (!Gone && World.Random.Chance(10))
        {
            Pause(World.Random.Between(100, 500_000));
        }
    }

    protected override void OnEnd()
    {
        if (_inBody && _body.EndsWithConnection)
        {
            if (_tokenSeen && _body.Count != _bytesDue && !_unsure)
            {
                World.Fail($"the answer to {_outstanding.Peek()} ended in order with {_body.Count} of {_bytesDue} bytes");
            }

            FinishAnswer();
        }

        End(reset: false);
    }

    protected override void OnReset() => End(reset: true);

    private void End(bool reset)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        Close(reset);
        _clients.Ended(_outstanding.Count);
    }

    private void Watch()
    {
        if (_ended)
        {
            return;
        }

        if (World.Now - _progressAt > Patience)
        {
            if (_outstanding.Count > 0 && !Wire.Faulted)
            {
                World.Fail($"{_outstanding.Peek()} got neither an answer nor an end in {Patience / 1_000_000} s");
            }

            End(reset: true);
            return;
        }

        World.After(Patience / 4, Watch);
    }

    private void SendMore()
    {
        while (_left > 0 && _outstanding.Count < _depth && !Gone && !_lastSent && _clients.MayAsk)
        {
            _left--;
            SendRequest();
        }

        if (_left == 0 || !_clients.MayAsk)
        {
            _left = 0;
            if (_outstanding.Count == 0)
            {
                End(reset: World.Random.Chance(100));
            }
            else if (_halfCloses && !_lastSent)
            {
                _lastSent = true;
                EndSending();
            }
        }
    }

    private void SendRequest()
    {
        var random = World.Random;
        var method = random.Next(100) switch
        {
            < 60 => "GET",
            < 65 => "HEAD",
            < 70 => "DELETE",
            < 80 => "PUT",
            _ => "POST",
        };
        var body = method is "PUT" or "POST"
            ? random.Next(100) switch { < 20 => 0, < 90 => random.Between(1, 1000), < 99 => random.Between(1000, 10_000), _ => random.Between(10_000, 100_000) }
            : -1;
        var request = _oracle.Enter(random.Next(Operator.Routes), method, body);
        _outstanding.Enqueue(request);
        _clients.Asked();

        var chunked = body > 0 && !_old && random.Chance(300);
        var head = new StringBuilder(160)
            .Append(CultureInfo.InvariantCulture, $"{method} /r{request.Route}/x HTTP/1.{(_old ? 0 : 1)}\r\nHost: h{random.Next(3)}.test\r\nX-Token: {request.Token}\r\n");
        if (chunked)
        {
            head.Append("Transfer-Encoding: chunked\r\n");
        }
        else if (body >= 0)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body}\r\n");
        }

        if (!_old && random.Chance(10))
        {
            head.Append("Connection: close\r\n");
            _lastSent = true;
        }

        Send(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        if (body > 0)
        {
            SendBody(request, chunked);
        }
    }

    private void SendBody(SimulatedRequest request, bool chunked)
    {
        var data = new byte[request.BodyBytes];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = request.RequestByte(i);
        }

        if (!chunked)
        {
            Send(data);
            return;
        }

        for (var sent = 0; sent < data.Length;)
        {
            var length = Math.Min(data.Length - sent, World.Random.Between(1, 2000));
            Send(Encoding.ASCII.GetBytes(length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
            Send(data.AsSpan(sent, length));
            Send("\r\n"u8);
            sent += length;
        }

        Send("0\r\n\r\n"u8);
    }

    private bool TakeHead()
    {
        var length = HeadText.LengthIn(_input.Bytes);
        if (length == 0)
        {
            return false;
        }

        var head = new HeadText(_input.Bytes[..length]);
        var status = int.Parse(head.StartLine.Slice(9, 3), CultureInfo.InvariantCulture);
        if (!_outstanding.TryPeek(out var request))
        {
            World.Fail($"a client got an answer ({status}) that it had not asked for");
            return false;
        }

        if (status < 200)
        {
            _input.Drop(length);
            return true;
        }

        var token = head.Number("\r\nX-Token: "u8);
        _tokenSeen = token >= 0;
        World.Note(((long)status << 32) | (uint)token);
        if (_tokenSeen ? token != request.Token : status < 400)
        {
            World.Fail($"{request} got {(_tokenSeen ? $"the answer to {_oracle.Find(token)}" : $"{status} of nobody")}");
            return false;
        }

        _clients.Answered(status);
        _bytesDue = head.Number("\r\nX-Bytes: "u8);
        _unsure = head.Has("\r\nX-Unsure: 1\r\n"u8);
        BeginBody(head, status, request);
        _input.Drop(length);
        if (_body.IsDone)
        {
            FinishAnswer();
        }
        else
        {
            _inBody = true;
        }

        return true;
    }

    private void BeginBody(HeadText head, int status, SimulatedRequest request)
    {
        if (request.Method == "HEAD" || status is 204 or 304)
        {
            _body.BeginNone();
        }
        else if (head.Has("\r\nTransfer-Encoding: chunked\r\n"u8))
        {
            _body.BeginChunked();
        }
        else if (head.Number("\r\nContent-Length: "u8) is var bytes and >= 0)
        {
            _body.BeginLength(bytes);
        }
        else
        {
            _body.BeginUntilClose();
        }
    }

    // False: more has to come.
    private bool TakeBody()
    {
        var taken = _body.Take(_input.Bytes, _isRight, out var wrong);
        _input.Drop(taken);
        if (wrong)
        {
            World.Fail($"the answer to {_outstanding.Peek()} has a wrong byte at {_body.Count}");
            return false;
        }

        if (!_body.IsDone)
        {
            return false;
        }

        if (_tokenSeen && _body.Count != _bytesDue && !_unsure)
        {
            World.Fail($"the answer to {_outstanding.Peek()} has {_body.Count} of {_bytesDue} bytes");
        }

        FinishAnswer();
        return true;
    }

    private void FinishAnswer()
    {
        _inBody = false;
        _outstanding.Dequeue();
        if (World.Random.Chance(100))
        {
            World.After(World.Random.Between(1, 20_000), SendMore);
        }
        else
        {
            SendMore();
        }
    }
}
