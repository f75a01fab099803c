using System.Buffers.Text;

namespace PipeProxy.Simulation.Peers;

/// <summary>Takes a body apart as it comes: by length, in chunks, or until the end of the connection.</summary>
internal sealed class BodyReader
{
    private const int UntilClose = -2;
    private const int Chunked = -1;

    private int _left;
    private int _chunkLeft;
    private State _state;

    private enum State : byte
    {
        Done,
        Length,
        UntilClose,
        ChunkSize,
        ChunkData,
        ChunkEnd,
        Trailer,
    }

    /// <summary>Data bytes so far.</summary>
    internal int Count { get; private set; }

    internal bool IsDone => _state == State.Done;

    internal bool EndsWithConnection => _state == State.UntilClose;

    internal void BeginNone() => Begin(0);

    internal void BeginLength(int bytes) => Begin(bytes);

    internal void BeginChunked() => Begin(Chunked);

    internal void BeginUntilClose() => Begin(UntilClose);

    /// <summary>Takes what it can from the front.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="isRight">Judges a data byte at its place.</param>
    /// <param name="wrong">A byte was not right, or the framing is not.</param>
    /// <returns>Bytes taken.</returns>
    internal int Take(ReadOnlySpan<byte> bytes, Func<int, byte, bool> isRight, out bool wrong)
    {
        var taken = 0;
        wrong = false;
        while (_state != State.Done && taken < bytes.Length && !wrong)
        {
            var rest = bytes[taken..];
            switch (_state)
            {
                case State.Length or State.UntilClose:
                    var length = _state == State.Length ? Math.Min(rest.Length, _left) : rest.Length;
                    wrong = !Judge(rest[..length], isRight);
                    taken += length;
                    _left -= length;
                    if (_state == State.Length && _left == 0)
                    {
                        _state = State.Done;
                    }

                    break;
                case State.ChunkData:
                    var piece = Math.Min(rest.Length, _chunkLeft);
                    wrong = !Judge(rest[..piece], isRight);
                    taken += piece;
                    _chunkLeft -= piece;
                    if (_chunkLeft == 0)
                    {
                        _state = State.ChunkEnd;
                    }

                    break;
                default:
                    var end = rest.IndexOf("\r\n"u8);
                    if (end < 0)
                    {
                        return taken;
                    }

                    wrong = !TakeLine(rest[..end]);
                    taken += end + 2;
                    break;
            }
        }

        return taken;
    }

    private void Begin(int length)
    {
        Count = 0;
        _left = length;
        _state = length switch
        {
            UntilClose => State.UntilClose,
            Chunked => State.ChunkSize,
            0 => State.Done,
            _ => State.Length,
        };
    }

    private bool TakeLine(ReadOnlySpan<byte> line)
    {
        switch (_state)
        {
            case State.ChunkSize:
                if (!Utf8Parser.TryParse(line, out _chunkLeft, out _, 'x'))
                {
                    return false;
                }

                _state = _chunkLeft == 0 ? State.Trailer : State.ChunkData;
                return true;
            case State.ChunkEnd:
                _state = State.ChunkSize;
                return line.IsEmpty;
            default:
                if (line.IsEmpty)
                {
                    _state = State.Done;
                }

                return true;
        }
    }

    private bool Judge(ReadOnlySpan<byte> data, Func<int, byte, bool> isRight)
    {
        foreach (var b in data)
        {
            if (!isRight(Count++, b))
            {
                return false;
            }
        }

        return true;
    }
}
