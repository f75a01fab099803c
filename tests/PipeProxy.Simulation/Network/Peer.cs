namespace PipeProxy.Simulation.Network;

/// <summary>The other end of a <see cref="Wire"/>: a client of the proxy's or an origin's connection. Acts on what it is told, at once.</summary>
internal abstract class Peer(World world)
{
    private readonly Queue<Segment> _held = new();
    private byte[] _out = new byte[256];
    private int _outStart;
    private int _outEnd;
    private bool _endAsked;
    private bool _ended;
    private bool _paused;

    internal Wire Wire { get; set; } = null!;

    /// <summary>Nothing is sent or received any more.</summary>
    internal bool Gone { get; private set; }

    protected World World { get; } = world;

    /// <summary>The connection is there.</summary>
    internal abstract void OnConnected();

    protected abstract void OnBytes(ReadOnlySpan<byte> bytes);

    /// <summary>The proxy ended its side.</summary>
    protected abstract void OnEnd();

    protected abstract void OnReset();

    /// <summary>Sends, when there is room.</summary>
    internal void Send(ReadOnlySpan<byte> bytes)
    {
        if (Gone || _endAsked)
        {
            return;
        }

        if (_outEnd + bytes.Length > _out.Length)
        {
            var larger = new byte[Math.Max(_out.Length * 2, _outEnd - _outStart + bytes.Length)];
            _out.AsSpan(_outStart, _outEnd - _outStart).CopyTo(larger);
            (_out, _outStart, _outEnd) = (larger, 0, _outEnd - _outStart);
        }

        bytes.CopyTo(_out.AsSpan(_outEnd));
        _outEnd += bytes.Length;
        Pump();
    }

    /// <summary>FIN behind what was sent; reading goes on.</summary>
    internal void EndSending()
    {
        _endAsked = true;
        Pump();
    }

    /// <summary>Closes both ways; what could not be sent yet is lost.</summary>
    internal void Close(bool reset)
    {
        if (!Gone)
        {
            Gone = true;
            Wire.CloseByPeer(reset || _held.Count > 0);
            DropHeld();
        }
    }

    /// <summary>Takes nothing for a while: what comes waits in the descriptor's buffer.</summary>
    internal void Pause(long microseconds)
    {
        if (!_paused)
        {
            _paused = true;
            World.After(microseconds, Resume);
        }
    }

    /// <summary>The connection was taken away from this side without its doing.</summary>
    internal void Vanish()
    {
        Gone = true;
        DropHeld();
        OnReset();
    }

    /// <summary>There may be room to send again.</summary>
    internal void OnRoom()
    {
        if (_outEnd > _outStart && !Gone)
        {
            Pump();
        }
    }

    internal void Arrive(Segment segment)
    {
        if (_paused)
        {
            _held.Enqueue(segment);
        }
        else
        {
            Take(segment);
        }
    }

    private void Resume()
    {
        _paused = false;
        while (!_paused && _held.TryDequeue(out var segment))
        {
            Take(segment);
        }
    }

    private void Take(Segment segment)
    {
        if (!Gone)
        {
            switch (segment.Kind)
            {
                case SegmentKind.Data:
                    Wire.TakenByPeer(segment.Length);
                    OnBytes(segment.Bytes);
                    break;
                case SegmentKind.End:
                    OnEnd();
                    break;
                case SegmentKind.Reset:
                    Gone = true;
                    OnReset();
                    DropHeld();
                    break;
                default:
                    OnConnected();
                    break;
            }
        }

        segment.Release();
    }

    private void Pump()
    {
        var length = Math.Min(_outEnd - _outStart, Wire.RoomToProxy);
        if (length > 0)
        {
            var bytes = _out.AsSpan(_outStart, length);
            _outStart += length;
            Wire.SendToProxy(bytes);
        }

        if (_outStart == _outEnd)
        {
            (_outStart, _outEnd) = (0, 0);
            if (_endAsked && !_ended && !Gone)
            {
                _ended = true;
                Wire.EndToProxy();
            }
        }
    }

    private void DropHeld()
    {
        while (_held.TryDequeue(out var segment))
        {
            segment.Release();
        }
    }
}
