namespace PipeProxy.LoadTest.Http;

/// <summary>How far reading came.</summary>
internal enum ReadStatus : byte
{
    /// <summary>All bytes were right so far; more are needed.</summary>
    NeedMore,

    /// <summary>The answer is whole.</summary>
    Done,

    /// <summary>This is no answer; the connection is of no further use.</summary>
    Rejected,
}

/// <summary>Reads one answer after another from a connection's bytes. Does no I/O and keeps no bytes; whoever reads keeps what was not consumed.</summary>
/// <remarks>Strict, because a load generator that guesses measures something else than it says: what breaks RFC 9112 is rejected with a reason.</remarks>
internal struct ResponseReader
{
    /// <summary>A head above this is rejected.</summary>
    internal const int MaxHeadBytes = 64 * 1024;

    private const int MaxInterim = 32;

    private State _state;
    private int _searched;
    private int _interim;
    private long _left;
    private ChunkedBody _chunked;

    private enum State : byte
    {
        Head,
        Length,
        Chunked,
        UntilClose,
    }

    /// <summary>The final head, once it was read.</summary>
    internal ResponseHead Head { get; private set; }

    /// <summary>What is wrong, after <see cref="ReadStatus.Rejected"/>.</summary>
    internal string? Wrong { get; private set; }

    /// <summary>Whether a byte of an answer was taken since the last one was whole.</summary>
    internal readonly bool HasBegun => _state != State.Head || _searched > 0 || _interim > 0;

    /// <summary>Bytes of the body that are known to come.</summary>
    internal readonly long Left => _state == State.Length ? _left : 0;

    /// <summary>Takes what is there, up to the end of one answer.</summary>
    /// <param name="data">Bytes that were not consumed yet.</param>
    /// <param name="cache">The head that this target answered with last.</param>
    /// <param name="consumed">How many bytes are done with.</param>
    internal ReadStatus Read(ReadOnlySpan<byte> data, HeadCache cache, out int consumed)
    {
        consumed = 0;
        if (_state == State.Head)
        {
            var status = ReadHead(data, cache, ref consumed);
            if (status != ReadStatus.Done || _state == State.Head)
            {
                return status;
            }

            data = data[consumed..];
        }

        return ReadBody(data, ref consumed);
    }

    /// <summary>The connection ended in order.</summary>
    /// <returns>Whether that was the end of an answer.</returns>
    internal bool TryEnd()
    {
        var ended = _state == State.UntilClose;
        _state = State.Head;
        return ended;
    }

    /// <summary>Forgets an answer that was begun: its connection is gone.</summary>
    internal void Reset() => this = default;

    private ReadStatus ReadHead(ReadOnlySpan<byte> data, HeadCache cache, ref int consumed)
    {
        while (true)
        {
            if (!cache.TryMatch(data, out var head, out var length))
            {
                length = EndOfHead(data);
                if (length < 0)
                {
                    return data.Length > MaxHeadBytes ? Reject("a head above 64 KiB") : ReadStatus.NeedMore;
                }

                if (ResponseHead.Parse(data[..length], cache.ToHead, out head) is { } wrong)
                {
                    return Reject(wrong);
                }

                cache.Remember(data[..length], head);
            }

            _searched = 0;
            consumed += length;
            if (head.Status >= 200)
            {
                return Begin(head);
            }

            // RFC 9110 section 15.2: interim answers come before the final one. A switch of protocols nobody asked for.
            if (head.Status == 101 || ++_interim > MaxInterim)
            {
                return Reject(head.Status == 101 ? "101 without an upgrade" : "more than 32 interim answers");
            }

            data = data[length..];
            if (data.IsEmpty)
            {
                return ReadStatus.NeedMore;
            }
        }
    }

    private int EndOfHead(ReadOnlySpan<byte> data)
    {
        var from = Math.Max(0, _searched - 3);
        var at = data[from..].IndexOf("\r\n\r\n"u8);
        _searched = data.Length;
        return at < 0 ? -1 : from + at + 4;
    }

    private ReadStatus Begin(in ResponseHead head)
    {
        Head = head;
        _interim = 0;
        _left = head.Length;
        _state = head.Body switch
        {
            BodyKind.Length => State.Length,
            BodyKind.Chunked => State.Chunked,
            BodyKind.UntilClose => State.UntilClose,
            _ => State.Head,
        };
        return ReadStatus.Done;
    }

    private ReadStatus ReadBody(ReadOnlySpan<byte> data, ref int consumed)
    {
        switch (_state)
        {
            case State.Length:
                var taken = (int)Math.Min(_left, data.Length);
                consumed += taken;
                _left -= taken;
                return _left == 0 ? Finish() : ReadStatus.NeedMore;

            case State.Chunked:
                var status = _chunked.Read(data, out var chunked, out var wrong);
                consumed += chunked;
                return status switch
                {
                    ReadStatus.Done => Finish(),
                    ReadStatus.Rejected => Reject(wrong!),
                    _ => ReadStatus.NeedMore,
                };

            default:
                consumed += data.Length;
                return ReadStatus.NeedMore;
        }
    }

    private ReadStatus Finish()
    {
        _state = State.Head;
        return ReadStatus.Done;
    }

    private ReadStatus Reject(string wrong)
    {
        Wrong = wrong;
        return ReadStatus.Rejected;
    }
}
