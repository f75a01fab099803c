using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using PipeProxy.Http1;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <summary>How a body's way from one side to the other ended.</summary>
internal enum PumpEnd : byte
{
    /// <summary>Not run yet, or running.</summary>
    None,

    /// <summary>The whole body went over.</summary>
    Done,

    /// <summary>The source ended before the body did; for a close-delimited body this is its end.</summary>
    SourceEnded,

    /// <summary>The source broke the framing.</summary>
    SourceMalformed,

    /// <summary>The body is larger than the limit.</summary>
    TooLarge,

    /// <summary>The sink takes no more.</summary>
    SinkFailed,
}

/// <summary>What a pump waits for.</summary>
internal enum PumpWait : byte
{
    /// <summary>Nothing: it does not run.</summary>
    None,

    /// <summary>Bytes of the body.</summary>
    Source,

    /// <summary>Room for them.</summary>
    Sink,
}

/// <summary>Moves one message body from a reader to a writer with back-pressure: framing is checked on the way in and made anew on the way out.</summary>
/// <remarks>Loop-owned; one for each direction of an exchange, reused. Holds no bytes of its own: what is read is decoded in place and written.</remarks>
internal sealed class BodyPump
{
    // A size in hexadecimal and two line ends, or colon, space and line ends.
    private const int ChunkFramingBytes = 32;

    // From here on it pays to pass the block on instead of copying out of it.
    private const int WholeBlockBytes = 8 * 1024;

    private ChunkedDecoder _decoder;
    private long _remaining;
    private bool _inTrailers;

    /// <summary>How it ended; <see cref="PumpEnd.None"/> before and while it runs.</summary>
    public PumpEnd End { get; private set; }

    /// <summary>Body bytes seen, without framing.</summary>
    public long Bytes { get; private set; }

    /// <summary>What it waits for now.</summary>
    public PumpWait Waits { get; private set; }

    /// <summary>Which rule the source broke, after <see cref="PumpEnd.SourceMalformed"/>.</summary>
    public Http1Rejection Rejection { get; private set; }

    /// <summary>Makes the pump ready for another body.</summary>
    /// <param name="limits">What a chunked one may carry besides its data.</param>
    public void Reset(ChunkLimits limits)
    {
        End = PumpEnd.None;
        Waits = PumpWait.None;
        Bytes = 0;
        Rejection = Http1Rejection.None;
        _decoder = new ChunkedDecoder(limits);
        _inTrailers = false;
    }

    /// <summary>Moves the body; completes when it is over, one way or another.</summary>
    /// <param name="source">Where the body comes from; what belongs to it is consumed, nothing more.</param>
    /// <param name="sink">Where it goes. What was written there before (the head) is flushed with the first bytes.</param>
    /// <param name="framing">The body's framing on the way in.</param>
    /// <param name="chunked">Chunked on the way out; otherwise as it is.</param>
    /// <param name="limit">Most body bytes to take.</param>
    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    public async ValueTask<PumpEnd> RunAsync(PipeReader source, PipeWriter sink, MessageFraming framing, bool chunked, long limit)
    {
        _remaining = framing.Length;
        while (true)
        {
            if (framing.Kind == FramingKind.Length && _remaining == 0)
            {
                Expect(source, 0);
                Waits = PumpWait.Sink;
                var last = await sink.FlushAsync();
                Waits = PumpWait.None;
                return End = last.IsCompleted ? PumpEnd.SinkFailed : PumpEnd.Done;
            }

            if (!source.TryRead(out var read))
            {
                // Nothing at hand: what has been written must not wait for what has not come.
                Waits = PumpWait.Sink;
                if ((await sink.FlushAsync()).IsCompleted)
                {
                    Waits = PumpWait.None;
                    return End = PumpEnd.SinkFailed;
                }

                Waits = PumpWait.Source;
                Expect(source, _remaining);
                read = await source.ReadAsync();
            }

            var end = PumpEnd.None;
            if (chunked || framing.Kind == FramingKind.Chunked || !TryMoveBlock(source, sink, (int)read.Buffer.Length, framing.Kind, limit, out end))
            {
                end = Move(read.Buffer.FirstSpan, sink, framing.Kind, chunked, limit, out var consumed);
                source.AdvanceTo(read.Buffer.GetPosition(consumed), read.Buffer.End);
            }

            Waits = PumpWait.Sink;
            if (end != PumpEnd.None)
            {
                Expect(source, 0);

                // The last bytes go out also when the source was at fault: the receiver's reset comes after what was right.
                var flushed = await sink.FlushAsync();
                Waits = PumpWait.None;
                return End = end == PumpEnd.Done && flushed.IsCompleted ? PumpEnd.SinkFailed : end;
            }

            if (read.IsCompleted)
            {
                Waits = PumpWait.None;

                // A close-delimited body may have been cut: only the caller knows how the stream ended, so it writes the last chunk.
                return End = PumpEnd.SourceEnded;
            }

            if ((await sink.FlushAsync()).IsCompleted)
            {
                Waits = PumpWait.None;
                return End = PumpEnd.SinkFailed;
            }
        }
    }

    /// <summary>Writes the end of a chunked body whose source was close-delimited and has ended in order; the caller flushes.</summary>
    public void EndChunked(PipeWriter sink) => WriteEnd(sink);

    private static void Expect(PipeReader source, long bytes)
    {
        if (source is LoopPipeReader reader)
        {
            reader.Expect(bytes);
        }
    }

    // A large piece that goes out as it came in changes hands as a block. False: nothing was moved.
    private bool TryMoveBlock(PipeReader source, PipeWriter sink, int length, FramingKind kind, long limit, out PumpEnd end)
    {
        end = PumpEnd.None;
        if (length < WholeBlockBytes || Bytes + length > limit || (kind == FramingKind.Length && length > _remaining)
            || source is not LoopPipeReader reader || sink is not LoopPipeWriter writer || !reader.TryTakeBlock(out var block, out var first, out var last))
        {
            return false;
        }

        Bytes += length;
        _remaining -= length;
        writer.Write(block, first, last);
        end = kind == FramingKind.Length && _remaining == 0 ? PumpEnd.Done : PumpEnd.None;
        return true;
    }

    // Decodes what is at hand and writes it. None: more is needed.
    private PumpEnd Move(ReadOnlySpan<byte> input, PipeWriter sink, FramingKind kind, bool chunked, long limit, out int consumed)
    {
        if (kind != FramingKind.Chunked)
        {
            var take = kind == FramingKind.Length ? (int)Math.Min(input.Length, _remaining) : input.Length;
            _remaining -= take;
            consumed = take;
            return WriteData(input[..take], sink, chunked, limit)
                ? kind == FramingKind.Length && _remaining == 0 ? PumpEnd.Done : PumpEnd.None
                : PumpEnd.TooLarge;
        }

        consumed = 0;
        while (true)
        {
            var piece = input[consumed..];
            var status = _decoder.Decode(piece, out var used, out var offset, out var length);
            consumed += used;
            switch (status)
            {
                case DecodeStatus.Data:
                    if (!WriteData(piece.Slice(offset, length), sink, chunked, limit))
                    {
                        return PumpEnd.TooLarge;
                    }

                    break;
                case DecodeStatus.TrailerField:
                    WriteTrailer(piece, sink, chunked);
                    break;
                case DecodeStatus.Done:
                    if (chunked)
                    {
                        WriteEnd(sink);
                    }

                    return PumpEnd.Done;
                case DecodeStatus.Rejected:
                    Rejection = _decoder.Rejection;
                    return PumpEnd.SourceMalformed;
                default:
                    return PumpEnd.None;
            }
        }
    }

    // False: the body is over the limit; nothing of this piece is written.
    private bool WriteData(ReadOnlySpan<byte> data, PipeWriter sink, bool chunked, long limit)
    {
        Bytes += data.Length;
        if (Bytes > limit)
        {
            return false;
        }

        if (data.IsEmpty)
        {
            return true;
        }

        if (!chunked)
        {
            sink.Write(data);
            return true;
        }

        var writer = new Http1Writer(sink, data.Length + ChunkFramingBytes);
        writer.WriteChunkHeader(data.Length);
        writer.Write(data);
        writer.WriteLineEnd();
        writer.Commit();
        return true;
    }

    private void WriteTrailer(ReadOnlySpan<byte> piece, PipeWriter sink, bool chunked)
    {
        if (!chunked || FieldFilter.Trailer.Drops(_decoder.TrailerField))
        {
            return;
        }

        var name = _decoder.TrailerName.In(piece);
        var value = _decoder.TrailerValue.In(piece);
        var writer = new Http1Writer(sink, name.Length + value.Length + ChunkFramingBytes);
        if (!_inTrailers)
        {
            _inTrailers = true;
            writer.WriteLastChunk();
        }

        writer.WriteField(name, value);
        writer.Commit();
    }

    private void WriteEnd(PipeWriter sink)
    {
        var writer = new Http1Writer(sink, ChunkFramingBytes);
        if (!_inTrailers)
        {
            writer.WriteLastChunk();
        }

        writer.WriteLineEnd();
        writer.Commit();
    }
}
