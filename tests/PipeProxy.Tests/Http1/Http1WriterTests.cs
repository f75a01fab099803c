using System.Buffers;
using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed class Http1WriterTests
{
    private const string Client = "POST /x HTTP/1.1\r\nHost: client\r\nA: 1\r\nB:2\r\nCookie: a\r\nConnection: close, X-Gone, x-also\r\nX-Gone: 1\r\n"
        + "Cookie: b\r\nKeep-Alive: 5\r\nTE: trailers\r\nX-Amzn-Mtls-Clientcert: forged\r\nClient_Cert: forged\r\nX-ALSO: 1\r\nProxy-Authorization: x\r\n"
        + "Upgrade: h2c\r\nHTTP2-Settings: x\r\nTrailer: T\r\nE: \r\nF:\r\nG: 7 \t\r\nContent-Length: 1\r\nZ: \u00e9\r\n\r\n";

    private const string EndToEnd = "A: 1\r\nB: 2\r\nCookie: a\r\nCookie: b\r\nTrailer: T\r\nE: \r\nF: \r\nG: 7\r\nZ: \u00e9\r\n";

    // Spans of this many bytes at a time: every write crosses a boundary.
    public static TheoryData<int> SpanSizes => [1, 2, 3, 7, 20, 64, 4096];

    [Theory]
    [MemberData(nameof(SpanSizes))]
    public void RequestHead_IsWrittenForTheOrigin(int spanSize)
    {
        var head = Parse(Client);
        var output = new SmallSpans(spanSize);
        var writer = new Http1Writer(output, 1);
        writer.WriteRequestLine(head.MethodSpan, "/target?q"u8);
        writer.WriteField("Host"u8, "origin.example"u8);
        writer.CopyEndToEndFields(head.Fields, FieldFilter.Request);
        writer.WriteFraming(MessageFraming.OfRequest(head));
        writer.WriteLineEnd();
        writer.Commit();

        Assert.Equal($"POST /target?q HTTP/1.1\r\nHost: origin.example\r\n{EndToEnd}Content-Length: 1\r\n\r\n", output.ToString());
    }

    [Theory]
    [MemberData(nameof(SpanSizes))]
    public void ResponseHead_KeepsStatusReasonAndOrder(int spanSize)
    {
        var wire = Encoding.Latin1.GetBytes("HTTP/1.0 403 No\u00e9 way\r\nSet-Cookie: a\r\nServer : x\r\nConnection: Server2\r\nServer2: y\r\nSet-Cookie: b\r\nAccess-Control-Allow-Origin: *\r\n\r\n");
        var head = new ResponseHead();
        Assert.Equal(ParseStatus.Done, Http1Parser.ParseResponse(wire, head, HeadLimits.Default, out _));
        head.Attach(wire);
        var output = new SmallSpans(spanSize);
        var writer = new Http1Writer(output);
        writer.WriteStatusLine(head);
        writer.CopyEndToEndFields(head.Fields, FieldFilter.Response.With(KnownField.AccessControl));
        writer.WriteFraming(MessageFraming.OfResponse(head, HttpMethodKind.Get));
        writer.WriteLineEnd();
        writer.Commit();

        Assert.Equal("HTTP/1.1 403 No\u00e9 way\r\nSet-Cookie: a\r\nServer: x\r\nSet-Cookie: b\r\n\r\n", output.ToString());
    }

    [Theory]
    [MemberData(nameof(SpanSizes))]
    public void Numbers_AreDecimalAndChunkSizesHexadecimal(int spanSize)
    {
        var output = new SmallSpans(spanSize);
        var writer = new Http1Writer(output);
        writer.WriteStatusLine(200, default);
        writer.WriteField("Content-Length"u8, long.MaxValue);
        writer.WriteNumber(0);
        writer.WriteChunkHeader(1);
        writer.WriteChunkHeader(0xabcdef);
        writer.WriteChunkHeader(long.MaxValue);
        writer.WriteLastChunk();
        writer.Commit();
        writer.Write("more"u8);
        writer.Commit();

        Assert.Equal("HTTP/1.1 200 \r\nContent-Length: 9223372036854775807\r\n01\r\nabcdef\r\n7fffffffffffffff\r\n0\r\nmore", output.ToString());
    }

    [Theory]
    [InlineData("A: 1\r\nConnection: Host, Content-Length, Transfer-Encoding", "A: 1\r\n")]
    [InlineData("Connection: a\r\nA: 1\r\na: 2\r\nAB: 3", "AB: 3\r\n")]
    [InlineData("Connection: close", "")]
    public void NominatedFields_EndHere(string lines, string expected)
    {
        var head = Parse($"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n");
        var output = new SmallSpans(64);
        var writer = new Http1Writer(output);
        writer.CopyEndToEndFields(head.Fields, FieldFilter.Request);
        writer.Commit();

        Assert.Equal(expected, output.ToString());
    }

    [Fact]
    public void NominatedHost_StaysWhereTheFilterLetsIt()
    {
        var head = Parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: host, content-length\r\nContent-Length: 0\r\n\r\n");
        var output = new SmallSpans(64);
        var writer = new Http1Writer(output);
        writer.CopyEndToEndFields(head.Fields, FieldFilter.Request.Without(KnownField.Host, KnownField.ContentLength));
        writer.Commit();

        Assert.Equal("Host: a\r\nContent-Length: 0\r\n", output.ToString());
    }

    private static RequestHead Parse(string wire)
    {
        var bytes = Encoding.Latin1.GetBytes(wire);
        var head = new RequestHead();
        Assert.Equal((ParseStatus.Done, Http1Rejection.None), (Http1Parser.ParseRequest(bytes, head, HeadLimits.Default, out var rejection), rejection));
        head.Attach(bytes);
        return head;
    }

    private sealed class SmallSpans(int size) : IBufferWriter<byte>
    {
        private readonly List<byte> _bytes = [];
        private byte[] _span = [];

        public void Advance(int count) => _bytes.AddRange(_span.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _span = new byte[Math.Max(size, sizeHint <= 20 ? sizeHint : size)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override string ToString() => Encoding.Latin1.GetString(_bytes.ToArray());
    }
}
