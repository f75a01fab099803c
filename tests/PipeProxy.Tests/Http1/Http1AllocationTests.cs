using System.Buffers;
using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed class Http1AllocationTests
{
    private const int Rounds = 10_000;

    private static readonly byte[] Request = Encoding.Latin1.GetBytes(
        "POST http://a.example:8080/b/.c?d HTTP/1.1\r\nHost: [2001:db8::7]:443\r\nConnection: keep-alive, X-Gone\r\nX-Gone: 1\r\nAccept: */*\r\n"
        + string.Concat(Enumerable.Range(1, 40).Select(i => $"X-Field-{i}: value {i}\r\n")) + "Transfer-Encoding: chunked\r\n\r\n");

    private static readonly byte[] Body = "3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"u8.ToArray();

    private static readonly byte[] Response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: close\r\n\r\n"u8.ToArray();

    [Fact]
    public void ParsedRequests_AllocateNothing()
    {
        var head = new RequestHead();
        AssertNoAllocation(() =>
        {
            head.Reset();
            Assert.True(Http1Parser.ParseRequest(Request.AsSpan(0, 100), head, HeadLimits.Default, out _) == ParseStatus.NeedMore);
            Assert.True(Http1Parser.ParseRequest(Request, head, HeadLimits.Default, out _) == ParseStatus.Done);
            head.Attach(Request);
            Assert.True(MessageFraming.OfRequest(head).Kind == FramingKind.Chunked);
        });
    }

    [Fact]
    public void RejectedRequests_AllocateNothing()
    {
        var head = new RequestHead();
        AssertNoAllocation(() =>
        {
            head.Reset();
            Assert.True(Http1Parser.ParseRequest("GET /../ HTTP/1.1\r\nHost: a\r\n\r\n"u8, head, HeadLimits.Default, out _) == ParseStatus.Rejected);
        });
    }

    [Fact]
    public void ParsedResponses_AllocateNothing()
    {
        var head = new ResponseHead();
        AssertNoAllocation(() =>
        {
            head.Reset();
            Assert.True(Http1Parser.ParseResponse(Response, head, HeadLimits.Default, out _) == ParseStatus.Done);
            head.Attach(Response);
            Assert.True(MessageFraming.OfResponse(head, HttpMethodKind.Get).Length == 2);
        });
    }

    [Fact]
    public void DecodedBodies_AllocateNothing() => AssertNoAllocation(() =>
    {
        var decoder = default(ChunkedDecoder);
        var rest = Body.AsSpan();
        while (decoder.Decode(rest, out var consumed, out _, out _) is DecodeStatus.Data or DecodeStatus.TrailerField)
        {
            rest = rest[consumed..];
        }

        Assert.True(decoder.IsDone);
    });

    [Fact]
    public void WrittenHeads_AllocateNothing()
    {
        var head = new RequestHead();
        Assert.True(Http1Parser.ParseRequest(Request, head, HeadLimits.Default, out _) == ParseStatus.Done);
        head.Attach(Request);
        var output = new ArrayBufferWriter<byte>(8192);
        AssertNoAllocation(() =>
        {
            output.ResetWrittenCount();
            var writer = new Http1Writer(output);
            writer.WriteRequestLine(head.MethodSpan, head.Path);
            writer.WriteField("Host"u8, "origin.example"u8);
            writer.CopyEndToEndFields(head.Fields, FieldFilter.Request);
            writer.WriteFraming(MessageFraming.OfRequest(head));
            writer.WriteLineEnd();
            writer.WriteChunkHeader(255);
            writer.Commit();
        });
    }

    private static void AssertNoAllocation(Action round)
    {
        // Warm-up: tables grow, code reaches its last tier or at least no longer allocates for it on this thread.
        for (var i = 0; i < 100; i++)
        {
            round();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            round();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
