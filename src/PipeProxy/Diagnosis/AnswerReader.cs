using System.Buffers;
using System.Text;
using PipeProxy.Http1;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Diagnosis;

/// <summary>The last two steps over an open connection: a GET, the first byte of its answer, and the answer.</summary>
internal sealed class AnswerReader(ProbeConnection connection, DiagnosisRequest request)
{
    private const int MaxBytes = 128 * 1024;
    private const int MaxBodyBytes = 64 * 1024;
    private const int MaxExcerpt = 200;

    private readonly byte[] _buffer = new byte[MaxBytes];
    private readonly ResponseHead _head = new();
    private int _filled;

    /// <summary>Sends the GET and waits for a byte. A write that failed is not the verdict, so it is read in any case.</summary>
    /// <returns>How the read ended: Ok when a byte has come.</returns>
    internal async Task<ProbeRead> ReadFirstAsync()
    {
        var url = request.Url;
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nUser-Agent: pipeproxy-diagnose\r\nAccept: */*\r\nConnection: close\r\n\r\n")).ConfigureAwait(false);
        var read = await connection.ReadAsync(_buffer, request.ResponseTimeout).ConfigureAwait(false);
        _filled = read.Bytes;
        return read;
    }

    /// <summary>Reads the answer's head, and of an error's body as much as tells what it is.</summary>
    internal async Task<(HttpAnswer? Answer, Failure? Failure)> ReadAnswerAsync()
    {
        while (true)
        {
            switch (Http1Parser.ParseResponse(_buffer.AsSpan(0, _filled), _head, HeadLimits.Default, out _))
            {
                case ParseStatus.Done when IsInterim():
                    break;
                case ParseStatus.Done:
                    return (await AnswerAsync().ConfigureAwait(false), null);
                case ParseStatus.Rejected:
                    return (null, new Failure(Outcome.ResponseMalformed, $"{request.Url.Authority} answered with what is not valid HTTP/1.1.", "See that the port speaks HTTP/1.1 over TLS."));
                default:
                    if (await ReadMoreAsync().ConfigureAwait(false) is { } status)
                    {
                        return (null, status == IoStatus.TimedOut
                            ? new Failure(Outcome.ResponseTimeout, $"{request.Url.Authority} did not finish its response head in time.", "Look at the origin.")
                            : new Failure(Outcome.ResponseMalformed, $"{request.Url.Authority} closed the connection within its response head.", "Look at the origin's log."));
                    }

                    break;
            }
        }
    }

    // An interim response is dropped; the final head moves to the front.
    private bool IsInterim()
    {
        _head.Attach(_buffer);
        if (!_head.IsInterim)
        {
            return false;
        }

        var length = _head.Length;
        _buffer.AsSpan(length, _filled - length).CopyTo(_buffer);
        _filled -= length;
        _head.Reset();
        return true;
    }

    private async Task<HttpAnswer> AnswerAsync()
    {
        var (status, reason) = (_head.StatusCode, Encoding.Latin1.GetString(_head.Reason));
        var server = _head.Fields.ValueOf("server"u8);
        var answer = new HttpAnswer(status, reason, server.IsEmpty ? null : Encoding.Latin1.GetString(server), null);
        return status < 400 ? answer : answer with { Excerpt = await ReadExcerptAsync().ConfigureAwait(false) };
    }

    private async Task<string?> ReadExcerptAsync()
    {
        var framing = MessageFraming.OfResponse(_head, HttpMethodKind.Get);
        if (!framing.HasBody)
        {
            return null;
        }

        var start = _head.Length;
        var wanted = framing.Kind == FramingKind.Length ? Math.Min(framing.Length, MaxBodyBytes) : MaxBodyBytes;
        while (_filled - start < wanted && !(framing.Kind == FramingKind.Chunked && DecodeChunks(start, out _)) && await ReadMoreAsync().ConfigureAwait(false) is null)
        {
        }

        var body = _buffer.AsMemory(start, (int)Math.Min(_filled - start, wanted));
        if (framing.Kind == FramingKind.Chunked)
        {
            DecodeChunks(start, out var decoded);
            body = decoded.ToArray();
        }

        return body.IsEmpty ? null : PlainText(Encoding.UTF8.GetString(body.Span));
    }

    // True: the body is there to its end.
    private bool DecodeChunks(int start, out ReadOnlyMemory<byte> data)
    {
        var decoded = new ArrayBufferWriter<byte>();
        var decoder = default(ChunkedDecoder);
        var input = _buffer.AsSpan(start, _filled - start);
        DecodeStatus status;
        do
        {
            status = decoder.Decode(input, out var consumed, out var offset, out var length);
            if (status == DecodeStatus.Data)
            {
                decoded.Write(input.Slice(offset, length));
            }

            input = input[consumed..];
        }
        while (status is DecodeStatus.Data or DecodeStatus.TrailerField);
        data = decoded.WrittenMemory;
        return status is DecodeStatus.Done or DecodeStatus.Rejected;
    }

    private async Task<IoStatus?> ReadMoreAsync()
    {
        if (_filled == _buffer.Length)
        {
            return IoStatus.Failed;
        }

        var read = await connection.ReadAsync(_buffer.AsMemory(_filled), request.ResponseTimeout).ConfigureAwait(false);
        _filled += read.Bytes;
        return read.Bytes > 0 ? null : read.Status;
    }

    // Markup and control characters away, white space as single spaces: an error page is read by people here.
    private static string PlainText(string body)
    {
        var text = new StringBuilder();
        var inTag = false;
        foreach (var c in body)
        {
            inTag = c == '<' || (inTag && c != '>');
            if (c is '<' or '>' || char.IsWhiteSpace(c) || char.IsControl(c))
            {
                if (text.Length > 0 && text[^1] != ' ')
                {
                    text.Append(' ');
                }
            }
            else if (!inTag)
            {
                text.Append(c);
            }

            if (text.Length >= MaxExcerpt)
            {
                break;
            }
        }

        return text.ToString().Trim();
    }
}
