namespace PipeProxy.LoadTest.Http;

/// <summary>Finds the end of a chunked body (RFC 9112 section 7.1), any segmentation; the data is skipped.</summary>
/// <remarks>
/// <code>
/// chunked-body = *chunk last-chunk trailer-section CRLF
/// chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
/// </code>
/// </remarks>
internal struct ChunkedBody
{
    // Sixteen hex digits would overflow; a line of extensions or trailers longer than this is no accident.
    private const int MaxSizeDigits = 15;
    private const int MaxLineBytes = 16 * 1024;

    private State _state;
    private long _left;
    private int _count;

    private enum State : byte
    {
        Size,
        Extension,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        TrailerStart,
        Trailer,
        TrailerLf,
        EndLf,
    }

    /// <summary>Takes what is there.</summary>
    /// <param name="data">Bytes of the body, from where the last call stopped.</param>
    /// <param name="consumed">How many of them belong to the body.</param>
    /// <param name="wrong">What is wrong with it.</param>
    internal ReadStatus Read(ReadOnlySpan<byte> data, out int consumed, out string? wrong)
    {
        wrong = null;
        consumed = 0;
        while (consumed < data.Length)
        {
            if (_state == State.Data)
            {
                var skipped = (int)Math.Min(_left, data.Length - consumed);
                consumed += skipped;
                _left -= skipped;
                _state = _left == 0 ? State.DataCr : State.Data;
                continue;
            }

            wrong = Step(data[consumed++], out var done);
            if (wrong is not null)
            {
                return ReadStatus.Rejected;
            }

            if (done)
            {
                this = default;
                return ReadStatus.Done;
            }
        }

        return ReadStatus.NeedMore;
    }

    private string? Step(byte value, out bool done)
    {
        done = false;
        switch (_state)
        {
            case State.Size when Digit(value) is >= 0 and var digit:
                _left = (_left << 4) | (uint)digit;
                return ++_count > MaxSizeDigits ? "a chunk size that is too large" : null;
            case State.Size when _count == 0:
                return "a chunk without a size";
            case State.Size when value is (byte)';' or (byte)' ' or (byte)'\t':
                return Go(State.Extension);
            case State.Size or State.Extension when value == '\r':
                return Go(State.SizeLf);
            case State.Extension when value != '\n':
                return Count();
            case State.SizeLf when value == '\n':
                return Go(_left == 0 ? State.TrailerStart : State.Data);
            case State.DataCr when value == '\r':
                return Go(State.DataLf);
            case State.DataLf when value == '\n':
                return Go(State.Size);
            case State.TrailerStart when value == '\r':
                return Go(State.EndLf);
            case State.TrailerStart when value != '\n':
                return Go(State.Trailer);
            case State.Trailer when value == '\r':
                return Go(State.TrailerLf);
            case State.Trailer when value != '\n':
                return Count();
            case State.TrailerLf when value == '\n':
                return Go(State.TrailerStart);
            case State.EndLf when value == '\n':
                done = true;
                return null;
            default:
                return $"a chunked body that breaks its form ({_state}, byte 0x{value:x2})";
        }
    }

    private string? Go(State state)
    {
        (_state, _count) = (state, 0);
        return null;
    }

    private string? Count() => ++_count > MaxLineBytes ? "a chunk's line without an end" : null;

    private static int Digit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        _ => -1,
    };
}
