namespace PipeProxy.Http1;

/// <summary>What one call of the decoder came to.</summary>
internal enum DecodeStatus : byte
{
    /// <summary>All that can be used is used; more bytes are needed.</summary>
    NeedMore,

    /// <summary>Some of the body: a slice of the input.</summary>
    Data,

    /// <summary>One trailer field line, whole.</summary>
    TrailerField,

    /// <summary>The body and its trailer section have ended; what is behind belongs to the next message.</summary>
    Done,

    /// <summary>The coding is broken; the decoder is unusable.</summary>
    Rejected,
}

/// <summary>Decodes the chunked coding (RFC 9112 section 7.1). One per message; not thread-safe; a value: pass it by reference.</summary>
/// <remarks>
/// Works for any split of the input. Sizes and extensions are consumed as they come and kept in the state. Only an incomplete trailer
/// line is left unconsumed: give it again with more behind it, in a buffer with room for the whole section. Extensions are
/// checked and dropped. There is no obs-fold, no bare LF, no white space after a size.
/// </remarks>
internal struct ChunkedDecoder
{
    /// <summary>Bytes of chunk extensions in one body; more is refused, unless the limits say otherwise.</summary>
    public const int MaxExtensionBytes = 16 * 1024;

    /// <summary>Bytes of the trailer section, with CRLFs; more is refused, unless the limits say otherwise.</summary>
    public const int MaxTrailerBytes = 16 * 1024;

    // 16 digits hold every long; more could only be zeros in front, which no encoder writes.
    private const int MaxSizeDigits = 16;

    private State _state;
    private byte _digits;
    private ChunkExtension _extension;
    private int _extensionBytes;
    private int _trailerBytes;
    private int _scanned;
    private long _remaining;

    /// <summary>A decoder with limits of its own.</summary>
    public ChunkedDecoder(ChunkLimits limits)
    {
        // Counted from another number than 0, so that the default value has the limits of the constants.
        _extensionBytes = MaxExtensionBytes - limits.Extensions;
        _trailerBytes = MaxTrailerBytes - limits.Trailers;
    }

    private enum State : byte
    {
        Size,
        SizeDigits,
        ExtensionSpace,
        Extension,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        Trailer,
        Done,
        Rejected,
    }

    /// <summary>The broken rule after <see cref="DecodeStatus.Rejected"/>.</summary>
    public Http1Rejection Rejection { get; private set; }

    /// <summary>Name of the trailer field, counted from the input's first byte; valid for the input of that call.</summary>
    public ByteRange TrailerName { get; private set; }

    /// <summary>Value of the trailer field without surrounding white space, counted likewise.</summary>
    public ByteRange TrailerValue { get; private set; }

    /// <summary>What the trailer field means to the proxy.</summary>
    public KnownField TrailerField { get; private set; }

    /// <summary>Whether the body has ended.</summary>
    public readonly bool IsDone => _state == State.Done;

    /// <summary>Decodes until there is something to say. Call again with the rest of the input until NeedMore, Done or Rejected.</summary>
    /// <param name="input">Bytes at hand, borrowed for the call.</param>
    /// <param name="consumed">Bytes of the input that need not be given again.</param>
    /// <param name="dataOffset">Where the data begin in the input, for <see cref="DecodeStatus.Data"/>.</param>
    /// <param name="dataLength">How many there are, then at least one.</param>
    public DecodeStatus Decode(ReadOnlySpan<byte> input, out int consumed, out int dataOffset, out int dataLength)
    {
        (consumed, dataOffset, dataLength) = (0, 0, 0);
        while (true)
        {
            switch (_state)
            {
                case State.Data when consumed < input.Length:
                    dataOffset = consumed;
                    dataLength = (int)Math.Min(_remaining, input.Length - consumed);
                    consumed += dataLength;
                    _remaining -= dataLength;
                    _state = _remaining == 0 ? State.DataCr : State.Data;
                    return DecodeStatus.Data;
                case State.Trailer:
                    return ReadTrailerLine(input, ref consumed);
                case State.Done:
                    return DecodeStatus.Done;
                case State.Rejected:
                    return DecodeStatus.Rejected;
                default:
                    if (consumed == input.Length)
                    {
                        return DecodeStatus.NeedMore;
                    }

                    _state = Next(input[consumed++]);
                    break;
            }
        }
    }

    // chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF, a byte at a time
    private State Next(byte b) => _state switch
    {
        State.Size or State.SizeDigits => NextInSize(b),
        State.ExtensionSpace => b switch
        {
            (byte)';' => BeginExtensions(),
            (byte)' ' or (byte)'\t' => CountExtension(1, State.ExtensionSpace),
            _ => Reject(Http1Rejection.ChunkSizeMalformed),
        },
        State.Extension => NextInExtension(b),
        State.SizeLf when b == (byte)'\n' => _remaining == 0 ? State.Trailer : State.Data,
        State.SizeLf => Reject(Http1Rejection.BareCarriageReturn),
        State.DataCr when b == (byte)'\r' => State.DataLf,
        State.DataLf when b == (byte)'\n' => State.Size,
        _ => Reject(Http1Rejection.ChunkDataUnterminated),
    };

    // chunk-size = 1*HEXDIG
    private State NextInSize(byte b)
    {
        var value = Grammar.HexValue(b);
        if (value >= 0)
        {
            if (_state == State.Size)
            {
                (_digits, _remaining) = (0, 0);
            }

            if (++_digits > MaxSizeDigits || _remaining > (long.MaxValue - value) / 16)
            {
                return Reject(Http1Rejection.ChunkSizeOverflow);
            }

            _remaining = (_remaining * 16) + value;
            return State.SizeDigits;
        }

        return _state == State.Size ? Reject(Http1Rejection.ChunkSizeMalformed) : b switch
        {
            (byte)'\r' => State.SizeLf,
            (byte)';' => BeginExtensions(),
            (byte)' ' or (byte)'\t' => CountExtension(1, State.ExtensionSpace),
            (byte)'\n' => Reject(Http1Rejection.BareLineFeed),
            _ => Reject(Http1Rejection.ChunkSizeMalformed),
        };
    }

    private State BeginExtensions()
    {
        _extension = default;
        return CountExtension(1, State.Extension);
    }

    private State NextInExtension(byte b)
    {
        var rejection = _extension.Next(b, out var ended);
        return rejection != Http1Rejection.None ? Reject(rejection) : ended ? State.SizeLf : CountExtension(1, State.Extension);
    }

    private State CountExtension(int bytes, State next)
    {
        _extensionBytes += bytes;
        return _extensionBytes > MaxExtensionBytes ? Reject(Http1Rejection.ChunkExtensionsTooLong) : next;
    }

    // trailer-section = *( field-line CRLF ), then an empty line
    private DecodeStatus ReadTrailerLine(ReadOnlySpan<byte> input, ref int consumed)
    {
        var line = input[consumed..];
        var found = line[_scanned..].IndexOfAny(Grammar.Control);
        var stop = found < 0 ? line.Length : _scanned + found;
        if (stop > 0 && _trailerBytes + stop + 1 >= MaxTrailerBytes)
        {
            return RejectTrailer(Http1Rejection.TrailersTooLarge);
        }

        _scanned = stop;
        if (found < 0)
        {
            return DecodeStatus.NeedMore;
        }

        if (line[stop] != (byte)'\r')
        {
            return RejectTrailer(line[stop] == (byte)'\n' ? Http1Rejection.BareLineFeed : Http1Rejection.FieldValueCharacter);
        }

        if (stop + 1 == line.Length)
        {
            return DecodeStatus.NeedMore;
        }

        if (line[stop + 1] != (byte)'\n')
        {
            return RejectTrailer(Http1Rejection.BareCarriageReturn);
        }

        var start = consumed;
        consumed += stop + 2;
        _scanned = 0;
        _trailerBytes += stop + 2;
        if (stop == 0)
        {
            _state = State.Done;
            return DecodeStatus.Done;
        }

        return ReadTrailerField(input, start, start + stop);
    }

    private DecodeStatus ReadTrailerField(ReadOnlySpan<byte> input, int start, int end)
    {
        var length = input[start..end].IndexOfAnyExcept(Grammar.Token);
        if (length < 0)
        {
            return RejectTrailer(Http1Rejection.FieldColonMissing);
        }

        if (input[start + length] != (byte)':' || length == 0)
        {
            return RejectTrailer(input[start + length] switch
            {
                (byte)':' => Http1Rejection.FieldNameEmpty,
                (byte)' ' or (byte)'\t' => length == 0 ? Http1Rejection.LineFolding : Http1Rejection.FieldNameSpace,
                _ => Http1Rejection.FieldNameCharacter,
            });
        }

        TrailerName = new ByteRange(start, length);
        TrailerValue = Grammar.Trim(input, start + length + 1, end);
        TrailerField = KnownFields.Recognize(TrailerName.In(input));
        return TrailerField == KnownField.FramingLookalike ? RejectTrailer(Http1Rejection.FramingLookalike) : DecodeStatus.TrailerField;
    }

    private DecodeStatus RejectTrailer(Http1Rejection rejection)
    {
        _state = Reject(rejection);
        return DecodeStatus.Rejected;
    }

    private State Reject(Http1Rejection rejection)
    {
        Rejection = rejection;
        return State.Rejected;
    }
}
