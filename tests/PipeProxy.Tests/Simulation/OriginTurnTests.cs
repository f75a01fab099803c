using PipeProxy.Configuration;

namespace PipeProxy.Tests.Simulation;

/// <summary>Whose turn it is: what an origin says unasked is nobody's answer, and what it keeps a client waiting for is not the client's fault.</summary>
public sealed class OriginTurnTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Expecting = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

    private static readonly TimeoutConfig Timeouts = new()
    {
        FirstByte = TimeSpan.FromSeconds(30),
        BetweenBytes = TimeSpan.FromSeconds(10),
    };

    [Theory]
    [InlineData(Get, "200")] // Asked again, elsewhere.
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "502")] // May not be sent twice.
    public void OriginSpeaksOnAnIdleConnectionJustBeforeARequest_ThatIsNoAnswer(string request, string status)
    {
        using var proxy = new VirtualProxy(Timeouts, static world => new ScriptedPeer(world) { Then = static origin => origin.Send(Ok) });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Get));
        proxy.RunUntil(5);
        Assert.EndsWith("\r\nok", client.Received, StringComparison.Ordinal);

        proxy.ArriveTogether((client, request), (proxy.Origins[0], "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"));
        proxy.RunUntil(10);

        var answers = client.Received.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, answers.Length);
        Assert.StartsWith(status, answers[1], StringComparison.Ordinal);
    }

    [Fact]
    public void ClientWaitsForContinueAndTheOriginSaysNothing_OriginIsLate()
    {
        using var proxy = new VirtualProxy(Timeouts, static world => new ScriptedPeer(world));
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Expecting));

        proxy.RunUntil(29);
        Assert.Equal("", client.Received);
        proxy.RunUntil(40);

        Assert.StartsWith("HTTP/1.1 504 ", client.Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "200")]
    [InlineData(false, "408")]
    public void OriginSaysContinueLate_ThenItIsTheClientsTurn(bool sendsBody, string status)
    {
        using var proxy = new VirtualProxy(Timeouts, static world => new ScriptedPeer(world)
        {
            Then = static origin =>
            {
                if (origin.Received.EndsWith("body", StringComparison.Ordinal))
                {
                    origin.Send(Ok);
                }
            },
        });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Expecting));
        client.Then = peer =>
        {
            peer.Then = null;
            if (sendsBody)
            {
                proxy.World.After(9_000_000, () => peer.Send("body"));
            }
        };
        proxy.World.After(20_000_000, () => proxy.Origins[0].Send("HTTP/1.1 100 Continue\r\n\r\n"));

        // The body's time ends at 30 s, as the head's would have; the status tells whose it was.
        proxy.RunUntil(35);

        Assert.StartsWith($"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 {status} ", client.Received, StringComparison.Ordinal);
    }

    [Fact]
    public void OriginTakesNoMoreOfARequest_ItIsLateAndHasNotClosed()
    {
        var body = new string('b', 4 * VirtualProxy.WireBytes);
        using var proxy = new VirtualProxy(Timeouts, static world => new ScriptedPeer(world) { PausesSeconds = 100 });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}"));

        proxy.RunUntil(60);

        Assert.StartsWith("HTTP/1.1 504 ", client.Received, StringComparison.Ordinal);
        Assert.Contains("took no more of the request", client.Received, StringComparison.Ordinal);
    }
}
