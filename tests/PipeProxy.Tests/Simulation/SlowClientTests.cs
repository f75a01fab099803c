using PipeProxy.Configuration;
using PipeProxy.Simulation;

namespace PipeProxy.Tests.Simulation;

/// <summary>However a connection ends: what the proxy has of an answer reaches a client that takes it late, and the end of a cut one is a reset.</summary>
/// <remarks>In virtual time, and with a wire whose room is known: the last <see cref="Held"/> bytes of each answer wait inside the proxy while the client takes nothing.</remarks>
public sealed class SlowClientTests
{
    private const int Held = 40_000;
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    private const string Upgrade = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";

    private static readonly string Body = string.Concat(Enumerable.Range(0, VirtualProxy.WireBytes + Held).Select(static i => (char)('a' + (i % 23))));

    private static readonly TimeoutConfig Timeouts = new()
    {
        RequestHead = TimeSpan.FromSeconds(2),
        FirstByte = TimeSpan.FromSeconds(30),
        BetweenBytes = TimeSpan.FromSeconds(10),
        KeepAlive = TimeSpan.FromSeconds(3),
        Tunnel = TimeSpan.FromSeconds(60),
    };

    [Theory]
    [InlineData("", false, 8)] // It idles for longer than keepAlive.
    [InlineData("GET / HT", false, 8)] // Its next head does not come whole.
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345", false, 14)] // Nor its next body.
    [InlineData("", true, 8)] // It has ended its side,
    [InlineData("\r\n", true, 8)] // be it behind a stray line end,
    [InlineData("GET / HT", true, 8)] // or within its next head.
    [InlineData("?\r\n\r\n", false, 8)] // Its next request is none.
    public void AnswerIsLeft_ArrivesWholeBeforeTheEnd(string behindIt, bool endsItsSide, int pausesSeconds)
    {
        using var proxy = new VirtualProxy(Timeouts, AnsweringOrigin);
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Get + behindIt) { PausesSeconds = pausesSeconds });
        if (endsItsSide)
        {
            proxy.World.After(1_000_000, client.EndSending);
        }

        proxy.RunUntil(pausesSeconds - 1);
        Assert.Equal((1, ""), (proxy.OpenClients, client.Received));
        proxy.RunUntil(40);

        var answers = client.Received.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("\r\n\r\n" + Body, answers[0], StringComparison.Ordinal);
        Assert.Equal(SeenEnd.End, client.Seen);
        Assert.Equal(0, proxy.OpenClients);
        Assert.All(answers[1..], static answer => Assert.Matches("^40[08] ", answer));
    }

    [Fact]
    public void TotalTimeOfTheNextIsOver_BothAnswersArriveWhole()
    {
        using var proxy = new VirtualProxy(Timeouts with { Total = TimeSpan.FromSeconds(5) }, OriginOfOneAnswer);
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Get + Get) { PausesSeconds = 9 });

        proxy.RunUntil(40);

        var answers = client.Received.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("\r\n\r\n" + Body, answers[0], StringComparison.Ordinal);
        Assert.StartsWith("504 ", answers[1], StringComparison.Ordinal);
        Assert.EndsWith("}", answers[1].TrimEnd(), StringComparison.Ordinal);
        Assert.Equal((SeenEnd.End, 0), (client.Seen, proxy.OpenClients));
    }

    [Fact]
    public void ProxyDecidesThatAnAnswerIsTheLast_WhatTheClientHasSentMeanwhileCutsNothing()
    {
        using var proxy = new VirtualProxy(Timeouts, AnsweringOrigin, new LimitConfig { RequestsPerConnection = 1 });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Get) { PausesSeconds = 4 });

        // The first before the end, the second behind it.
        proxy.World.After(3_000_000, () => client.Send(Get));
        proxy.World.After(5_000_000, () => client.Send(Get));
        proxy.RunUntil(40);

        Assert.EndsWith("\r\n\r\n" + Body, client.Received, StringComparison.Ordinal);
        Assert.Equal((SeenEnd.End, 0), (client.Seen, proxy.OpenClients));
        Assert.Single(proxy.Origins);
    }

    [Fact]
    public void ClientGoesOnSendingBehindItsDeadline_AnswerArrivesWholeAllTheSame()
    {
        using var proxy = new VirtualProxy(Timeouts, AnsweringOrigin);
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Get + "GET / HT") { PausesSeconds = 8 });
        proxy.World.After(5_000_000, () => client.Send("TP/1.1\r\nHost: a\r\n\r\n"));

        proxy.RunUntil(40);

        var answers = client.Received.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries);
        Assert.EndsWith("\r\n\r\n" + Body, answers[0], StringComparison.Ordinal);
        Assert.StartsWith("408 ", answers[1], StringComparison.Ordinal);
        Assert.Equal(SeenEnd.End, client.Seen);
    }

    [Fact]
    public void ClientTakesNothing_IsResetAndNotEnded()
    {
        using var proxy = new VirtualProxy(Timeouts, AnsweringOrigin);
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Get) { PausesSeconds = 30 });

        proxy.RunUntil(29);
        Assert.Equal(0, proxy.OpenClients);
        proxy.RunUntil(40);

        Assert.Equal(SeenEnd.Reset, client.Seen);
    }

    [Theory]
    [InlineData(30, SeenEnd.End)] // Longer than between two pieces of a body, and no longer than a tunnel may be still.
    [InlineData(120, SeenEnd.Reset)]
    public void OriginEndsATunnel_ClientGetsAllOrAReset(int pausesSeconds, SeenEnd end)
    {
        using var proxy = new VirtualProxy(Timeouts, static world => new ScriptedPeer(world)
        {
            Then = static origin =>
            {
                origin.Send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" + Body);
                origin.EndSending();
            },
        });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Upgrade) { PausesSeconds = pausesSeconds });

        proxy.RunUntil(200);

        Assert.Equal(end, client.Seen);
        Assert.Equal(end == SeenEnd.End, client.Received.EndsWith("\r\n\r\n" + Body, StringComparison.Ordinal));
        Assert.Equal((0, 0), (proxy.OpenClients, proxy.Descriptors));
    }

    [Fact]
    public void ClientOfATunnelResetsItsOrigin_TunnelEnds()
    {
        using var proxy = new VirtualProxy(Timeouts with { BetweenBytes = TimeSpan.FromSeconds(5) }, static world => new ScriptedPeer(world)
        {
            Then = static origin => origin.Send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" + Body),
        });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Upgrade) { PausesSeconds = 100 });
        proxy.World.After(3_000_000, () => client.Close(reset: true));

        proxy.RunUntil(20);

        Assert.Equal(SeenEnd.Reset, Assert.Single(proxy.Origins).Seen);
        Assert.Equal((0, 0), (proxy.OpenClients, proxy.Descriptors));
    }

    [Fact]
    public void ClientEndsATunnelWhoseOriginPauses_OriginGetsAll()
    {
        using var proxy = new VirtualProxy(Timeouts, static world => new ScriptedPeer(world)
        {
            Then = static origin =>
            {
                origin.Then = null;
                origin.Send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
                origin.Pause(30_000_000);
            },
        });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, Upgrade));
        client.Then = _ =>
        {
            client.Then = null;
            client.Send(Body);
            client.EndSending();
        };

        proxy.RunUntil(200);

        var origin = Assert.Single(proxy.Origins);
        Assert.EndsWith("\r\n\r\n" + Body, origin.Received, StringComparison.Ordinal);
        Assert.Equal(SeenEnd.End, origin.Seen);
    }

    [Fact]
    public void OriginAnswersBeforeItHasTakenTheRequest_ItsConnectionIsReset()
    {
        using var proxy = new VirtualProxy(Timeouts, static world => new ScriptedPeer(world)
        {
            Then = static origin =>
            {
                origin.Then = null;
                origin.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                origin.Pause(5_000_000);
            },
        });
        var client = proxy.Connect(new ScriptedPeer(proxy.World, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));

        proxy.RunUntil(200);

        Assert.EndsWith("\r\n\r\nok", client.Received, StringComparison.Ordinal);
        Assert.Equal(SeenEnd.Reset, Assert.Single(proxy.Origins).Seen);
        Assert.Equal((0, 0), (proxy.OpenClients, proxy.Descriptors));
    }

    private static ScriptedPeer AnsweringOrigin(World world) => new(world)
    {
        Then = static origin =>
        {
            if (origin.Received.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                origin.Send(Answer());
            }
        },
    };

    // Says nothing to the second request.
    private static ScriptedPeer OriginOfOneAnswer(World world)
    {
        var origin = AnsweringOrigin(world);
        var answer = origin.Then!;
        origin.Then = peer =>
        {
            origin.Then = null;
            answer(peer);
        };
        return origin;
    }

    private static string Answer() => $"HTTP/1.1 200 OK\r\nContent-Length: {Body.Length}\r\n\r\n{Body}";
}
