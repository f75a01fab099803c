using System.Buffers;
using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Testing;

/// <summary>Reads a whole request or response and writes it as the proxy would, without what the proxy adds: end-to-end fields, framing, body and trailers.</summary>
internal static class MessageRewriter
{
    /// <summary>The message as it would go on; null when it is refused or not whole.</summary>
    public static byte[]? Rewrite(ReadOnlyMemory<byte> wire, bool isResponse)
    {
        MessageHead head = isResponse ? new ResponseHead() : new RequestHead();
        var status = isResponse
            ? Http1Parser.ParseResponse(wire.Span, (ResponseHead)head, HeadLimits.Default, out _)
            : Http1Parser.ParseRequest(wire.Span, (RequestHead)head, HeadLimits.Default, out _);
        if (status != ParseStatus.Done)
        {
            return null;
        }

        head.Attach(wire);
        var framing = isResponse ? MessageFraming.OfResponse((ResponseHead)head, HttpMethodKind.Get) : MessageFraming.OfRequest((RequestHead)head);
        var output = new ArrayBufferWriter<byte>();
        WriteHead(output, head, framing);
        return WriteBody(output, wire[head.Length..], framing) ? output.WrittenSpan.ToArray() : null;
    }

    private static void WriteHead(ArrayBufferWriter<byte> output, MessageHead head, MessageFraming framing)
    {
        var writer = new Http1Writer(output);
        if (head is RequestHead request)
        {
            writer.WriteRequestLine(request.MethodSpan, request.Target);
            writer.WriteField("Host"u8, request.HostOrAuthority.IsEmpty ? "none"u8 : request.HostOrAuthority);
        }
        else
        {
            writer.WriteStatusLine((ResponseHead)head);
        }

        writer.CopyEndToEndFields(head.Fields, head is RequestHead ? FieldFilter.Request : FieldFilter.Response);
        writer.WriteFraming(framing);
        writer.WriteLineEnd();
        writer.Commit();
    }

    private static bool WriteBody(ArrayBufferWriter<byte> output, ReadOnlyMemory<byte> body, MessageFraming framing)
    {
        switch (framing.Kind)
        {
            case FramingKind.Chunked:
                return WriteChunks(output, body.Span);
            case FramingKind.Length when body.Length >= framing.Length:
                output.Write(body.Span[..(int)framing.Length]);
                return true;
            case FramingKind.UntilClose:
                output.Write(body.Span);
                return true;
            default:
                return framing.Kind == FramingKind.None;
        }
    }

    private static bool WriteChunks(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> input)
    {
        var decoder = default(ChunkedDecoder);
        var writer = new Http1Writer(output);
        var trailers = new ArrayBufferWriter<byte>();
        while (true)
        {
            var status = decoder.Decode(input, out var consumed, out var offset, out var length);
            switch (status)
            {
                case DecodeStatus.Data:
                    writer.WriteChunkHeader(length);
                    writer.Write(input.Slice(offset, length));
                    writer.WriteLineEnd();
                    break;
                case DecodeStatus.TrailerField when !FieldFilter.Trailer.Drops(decoder.TrailerField):
                    var trailer = new Http1Writer(trailers);
                    trailer.WriteField(decoder.TrailerName.In(input), decoder.TrailerValue.In(input));
                    trailer.Commit();
                    break;
                case DecodeStatus.Done:
                    writer.WriteLastChunk();
                    writer.Write(trailers.WrittenSpan);
                    writer.WriteLineEnd();
                    writer.Commit();
                    return true;
                case DecodeStatus.NeedMore or DecodeStatus.Rejected:
                    return false;
            }

            input = input[consumed..];
        }
    }

    /// <summary>Bytes as text, a char a byte.</summary>
    public static string Show(byte[]? wire) => wire is null ? "(refused)" : Encoding.Latin1.GetString(wire);
}
