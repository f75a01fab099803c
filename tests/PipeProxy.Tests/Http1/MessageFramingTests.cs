using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed class MessageFramingTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", HttpMethodKind.Head, FramingKind.None, 5)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", HttpMethodKind.Get, FramingKind.None, 5)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", HttpMethodKind.Head, FramingKind.None, -1)]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", HttpMethodKind.Get, FramingKind.None, -1)]
    [InlineData("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n", HttpMethodKind.Post, FramingKind.None, -1)]
    [InlineData("HTTP/1.1 101 Switching\r\nContent-Length: 5\r\n\r\n", HttpMethodKind.Get, FramingKind.Tunnel, -1)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", HttpMethodKind.Get, FramingKind.Length, long.MaxValue)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", HttpMethodKind.Get, FramingKind.UntilClose, -1)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n", HttpMethodKind.Post, FramingKind.UntilClose, -1)]
    internal void Response_IsFramedByMethodStatusAndFields(string wire, HttpMethodKind method, FramingKind kind, long length)
    {
        var bytes = Encoding.ASCII.GetBytes(wire);
        var head = new ResponseHead();
        Assert.Equal(ParseStatus.Done, Http1Parser.ParseResponse(bytes, head, HeadLimits.Default, out _));
        head.Attach(bytes);

        Assert.Equal(new MessageFraming(kind, length, Http1Rejection.None), MessageFraming.OfResponse(head, method));
    }

    [Theory]
    [InlineData("A: b", FramingKind.None, -1, false)]
    [InlineData("Content-Length: 0", FramingKind.Length, 0, false)]
    [InlineData("Content-Length: 7", FramingKind.Length, 7, true)]
    [InlineData("Transfer-Encoding: chunked", FramingKind.Chunked, -1, true)]
    internal void Request_IsFramedByItsFields(string line, FramingKind kind, long length, bool hasBody)
    {
        var bytes = Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");
        var head = new RequestHead();
        Assert.Equal(ParseStatus.Done, Http1Parser.ParseRequest(bytes, head, HeadLimits.Default, out _));
        head.Attach(bytes);
        var framing = MessageFraming.OfRequest(head);

        Assert.Equal(new MessageFraming(kind, length, Http1Rejection.None), framing);
        Assert.Equal(hasBody, framing.HasBody);
    }
}
