using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed class RequestHeadTests
{
    [Theory]
    [InlineData("GET /a/b?c=d HTTP/1.1", "/a/b", "?c=d", "host:1", 0)]
    [InlineData("GET /a HTTP/1.1", "/a", "", "host:1", 0)]
    [InlineData("GET /a? HTTP/1.1", "/a", "?", "host:1", 0)]
    [InlineData("GET /a??b?/ HTTP/1.1", "/a", "??b?/", "host:1", 0)]
    [InlineData("GET //a HTTP/1.1", "//a", "", "host:1", 0)]
    [InlineData("OPTIONS * HTTP/1.1", "*", "", "host:1", 2)]
    [InlineData("GET http://b:80/x?y HTTP/1.1", "/x", "?y", "b:80", 1)]
    [InlineData("GET https://b HTTP/1.1", "/", "", "b", 1)]
    [InlineData("GET http://b?q HTTP/1.1", "/", "?q", "b", 1)]
    [InlineData("OPTIONS http://b HTTP/1.1", "*", "", "b", 1)]
    [InlineData("OPTIONS http://b?q HTTP/1.1", "/", "?q", "b", 1)]
    public void Target_IsTakenApart(string requestLine, string path, string query, string host, int form)
    {
        var head = Parse(requestLine + "\r\nHost: host:1\r\n\r\n");

        Assert.Equal((path, query, host), (Text(head.Path), Text(head.Query), Text(head.HostOrAuthority)));
        Assert.Equal((TargetForm)form, head.TargetForm);
        Assert.Equal(requestLine.Split(' ')[1], Text(head.Target));
    }

    [Theory]
    [InlineData("HTTP/1.1", "A: b", true)]
    [InlineData("HTTP/1.1", "Connection: Close", false)]
    [InlineData("HTTP/1.1", "Connection: upgrade\r\nconnection: x, close", false)]
    [InlineData("HTTP/1.1", "Connection: closed", true)]
    [InlineData("HTTP/1.1", "Proxy-Connection: close", true)]
    [InlineData("HTTP/1.0", "A: b", false)]
    [InlineData("HTTP/1.0", "Connection: Keep-Alive", true)]
    [InlineData("HTTP/1.0", "Connection: keep-alive, close", false)]
    public void KeepAlive_FollowsVersionAndConnection(string version, string field, bool expected)
        => Assert.Equal(expected, Parse($"GET / {version}\r\nHost: a\r\n{field}\r\n\r\n").KeepAlive);

    [Theory]
    [InlineData("HTTP/1.1", "100-continue", true)]
    [InlineData("HTTP/1.1", "100-Continue", true)]
    [InlineData("HTTP/1.0", "100-continue", false)]
    [InlineData("HTTP/1.1", "200-ok", false)]
    public void ExpectContinue_IsOfHttp11Only(string version, string value, bool expected)
        => Assert.Equal(expected, Parse($"GET / {version}\r\nHost: a\r\nExpect: {value}\r\n\r\n").ExpectContinue);

    [Theory]
    [InlineData("GET", HttpMethodKind.Get, true)]
    [InlineData("HEAD", HttpMethodKind.Head, true)]
    [InlineData("POST", HttpMethodKind.Post, false)]
    [InlineData("PUT", HttpMethodKind.Put, true)]
    [InlineData("PATCH", HttpMethodKind.Patch, false)]
    [InlineData("DELETE", HttpMethodKind.Delete, true)]
    [InlineData("OPTIONS", HttpMethodKind.Options, true)]
    [InlineData("get", HttpMethodKind.Other, false)]
    [InlineData("PROPFIND", HttpMethodKind.Other, false)]
    internal void Method_IsRecognised(string method, HttpMethodKind kind, bool idempotent)
    {
        var head = Parse($"{method} / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal((method, kind, idempotent), (Text(head.MethodSpan), head.Method, head.IsIdempotent));
    }

    [Fact]
    public void Reset_ForgetsTheMessageBefore()
    {
        var head = Parse("OPTIONS http://b/x?y HTTP/1.1\r\nHost: a\r\nConnection: close, x\r\nX: 1\r\nExpect: 100-continue\r\n\r\n");
        var wire = "GET / HTTP/1.0\r\n\r\n"u8.ToArray();

        head.Reset();
        Assert.Equal(ParseStatus.Done, Http1Parser.ParseRequest(wire, head, HeadLimits.Default, out _));
        head.Attach(wire);

        Assert.Equal((0, 0, wire.Length, TargetForm.Origin), (head.Fields.Count, head.MinorVersion, head.Length, head.TargetForm));
        Assert.Equal(("/", "", "", ""), (Text(head.Path), Text(head.Query), Text(head.HostOrAuthority), Text(head.Authority)));
        Assert.False(head.KeepAlive || head.ExpectContinue || head.Fields.Contains(KnownField.Connection));
    }

    [Fact]
    public void AttachedElsewhere_ReadsTheSame()
    {
        var wire = "\r\nGET /a HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\nbody"u8.ToArray();
        var head = new RequestHead();
        Http1Parser.ParseRequest(wire, head, HeadLimits.Default, out _);

        var moved = new byte[200];
        wire.CopyTo(moved, 50);
        head.Attach(moved.AsMemory(50));

        Assert.Equal(("/a", "B", "c", wire.Length - 4), (Text(head.Path), Text(head.Fields.NameOf(1)), Text(head.Fields.ValueOf(1)), head.Length));
    }

    [Theory]
    [InlineData("GET /aaa HTTP/1.1", 4, false)]
    [InlineData("GET /aaa?b HTTP/1.1", 6, false)]
    [InlineData("GET http://a/ HTTP/1.1", 9, false)]
    [InlineData("PROPFIND /aaa HTTP/1.1", 4, false)]
    [InlineData("GET /aaa HTTP/1.1", 3, true)]
    [InlineData("GET /aaa?b HTTP/1.1", 5, true)]
    [InlineData("GET http://a/ HTTP/1.1", 8, true)]
    [InlineData("PROPFIND /aaa HTTP/1.1", 3, true)]
    public void Target_HasALimitOfItsOwn(string requestLine, int limit, bool refused)
    {
        var wire = Encoding.Latin1.GetBytes(requestLine + "\r\nHost: host\r\n\r\n");

        var status = Http1Parser.ParseRequest(wire, new RequestHead(), HeadLimits.Default with { Target = limit }, out var rejection);

        Assert.Equal(refused ? (ParseStatus.Rejected, Http1Rejection.TargetTooLong) : (ParseStatus.Done, Http1Rejection.None), (status, rejection));
    }

    [Fact]
    public void SlowHead_IsNotLookedAtTwice()
    {
        var wire = Encoding.Latin1.GetBytes("GET /" + new string('a', 500) + " HTTP/1.1\r\nHost: a\r\n" + new string('n', 500) + ": " + new string('v', 500) + "\r\n\r\n");
        var head = new RequestHead();
        for (var length = 0; length < wire.Length; length++)
        {
            Assert.Equal(ParseStatus.NeedMore, Http1Parser.ParseRequest(wire.AsSpan(0, length), head, HeadLimits.Default, out _));

            // The version and a CR whose LF is missing are the most that is looked at again.
            Assert.InRange(length - head.Progress.Scanned, 0, 10);
        }

        Assert.Equal(ParseStatus.Done, Http1Parser.ParseRequest(wire, head, HeadLimits.Default, out _));
    }

    [Fact]
    public void Verdict_IsGivenAgain()
    {
        var head = new RequestHead();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(ParseStatus.Rejected, Http1Parser.ParseRequest("GET / HTTP/1.1\r\n\r\n"u8, head, HeadLimits.Default, out var rejection));
            Assert.Equal(Http1Rejection.HostMissing, rejection);
        }

        head.Reset();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(ParseStatus.Done, Http1Parser.ParseRequest("GET / HTTP/1.0\r\n\r\n"u8, head, HeadLimits.Default, out _));
        }
    }

    private static RequestHead Parse(string wire)
    {
        var bytes = Encoding.Latin1.GetBytes(wire);
        var head = new RequestHead();
        Assert.Equal((ParseStatus.Done, Http1Rejection.None), (Http1Parser.ParseRequest(bytes, head, HeadLimits.Default, out var rejection), rejection));
        head.Attach(bytes);
        return head;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
