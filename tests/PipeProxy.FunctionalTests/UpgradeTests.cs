using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A connection becomes a tunnel when client, configuration and origin agree, and never otherwise.</summary>
public sealed class UpgradeTests
{
    private const string Request = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: h2c, WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    private const string Switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    [Theory]
    [InlineData(TestBuffers.Normal, false)]
    [InlineData(TestBuffers.Tiny, false)]
    [InlineData(TestBuffers.Normal, true)]
    public async Task WebSocket_PassesBytesBothWaysAndEachSidesEnd(TestBuffers buffers, bool tls)
    {
        TaskCompletionSource<(string Head, string After)> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            var head = await connection.ReadHeadAsync();
            await connection.WriteAsync(Switching + "first");
            await connection.WriteAsync("\0\x81\xFF");
            var rest = await connection.ReadToEndAsync();

            // The client has ended its side; ours goes on.
            await connection.WriteAsync("last words");
            seen.SetResult((head, rest));
        });
        await using var proxy = await StartAsync(origin, buffers, tls: tls);
        using var client = tls ? await RawClient.ConnectTlsAsync(proxy.Port) : await proxy.ConnectAsync();

        // What follows the request at once is the other protocol's, too.
        await client.SendAsync(Request + "\x81\x02hi");
        var response = await client.ReadResponseAsync();

        Assert.Equal((101, "Switching Protocols", "Upgrade", "websocket", "1.1 pipeproxy"), (response.StatusCode, response.Reason, response["Connection"], response["Upgrade"], response["Via"]));
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", response["Sec-WebSocket-Accept"]);
        await client.SendAsync("\r\n\0more");
        await client.EndSendAsync();
        var end = await client.ReadToEndAsync();
        Assert.Equal(("first\0\x81\xFFlast words", ConnectionEnd.Fin), (end.Text, end.End));
        var (head, rest) = await seen.Task;
        Assert.Equal("\x81\x02hi\r\n\0more", rest);
        Assert.Contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("h2c", head, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OriginEndsFirst_ClientMayStillSend()
    {
        TaskCompletionSource<string> rest = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Switching + "bye");
            connection.ShutdownSend();
            rest.SetResult(await connection.ReadToEndAsync());
        });
        await using var proxy = await StartAsync(origin);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Request);

        Assert.Equal(("bye", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
        await client.SendAsync("still here");
        client.ShutdownSend();
        Assert.Equal("still here", await rest.Task);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reset_EndsBothSides(bool byClient)
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Switching);
            await connection.ReadThroughAsync("go");
            if (!byClient)
            {
                connection.Reset();
                return;
            }

            await connection.ReadToEndAsync();
            ended.SetResult();
        });
        await using var proxy = await StartAsync(origin);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Request);
        await client.SendAsync("go");

        if (byClient)
        {
            client.Reset();
            await ended.Task;
        }
        else
        {
            Assert.Equal(ConnectionEnd.Reset, (await client.ReadToEndAsync()).End);
        }
    }

    [Theory]
    [InlineData("Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", "")]
    [InlineData("Connection: Upgrade\r\nUpgrade: foo\r\n", "")]
    [InlineData("Upgrade: websocket\r\n", "")]
    [InlineData("Connection: Upgrade\r\n", "")]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", "x")]
    public async Task WhatMayNotBeAskedFor_IsNot(string fields, string body)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin);
        using var client = await proxy.ConnectAsync();

        Assert.Equal(200, (await client.ExchangeAsync($"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}")).StatusCode);

        Assert.DoesNotContain("pgrade", Assert.Single(origin.Connections).Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UpgradesOfTheConfiguration_AreTheOnlyOnes()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, configure: static config => config with { Forwarding = config.Forwarding with { Upgrades = [] } });
        using var client = await proxy.ConnectAsync();

        Assert.Equal(200, (await client.ExchangeAsync(Request)).StatusCode);
        Assert.DoesNotContain("Upgrade", Assert.Single(origin.Connections).Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n")]
    public async Task AnswerThatDoesNotFit_Is502(string answer)
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(answer);
            await connection.StallAsync();
        });
        await using var proxy = await StartAsync(origin);
        using var client = await proxy.ConnectAsync();

        Assert.Equal(502, (await client.ExchangeAsync(Request)).StatusCode);
    }

    [Fact]
    public async Task OriginThatDeclines_AnswersAndBothConnectionsGoOn()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, loops: 1);
        using var client = await proxy.ConnectAsync();

        Assert.Equal(426, (await client.ExchangeAsync(Request)).StatusCode);
        Assert.Equal(426, (await client.ExchangeAsync(Request)).StatusCode);
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task TunnelInWhichNothingMoves_EndsInTime()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Switching);
            await connection.ReadToEndAsync();
        });
        await using var proxy = await StartAsync(origin, configure: static config => config with { Timeouts = config.Timeouts with { Tunnel = TimeSpan.FromSeconds(100), Total = TimeSpan.FromSeconds(3) } }, time: time);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Request, whole: true);
        var end = client.ReadToEndAsync();

        var seconds = 0;
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(20));
        while (!end.IsCompleted && await pause.WaitForNextTickAsync())
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(++seconds < 400, "The tunnel stays.");
        }

        Assert.InRange(seconds, 100, 400);
        Assert.Equal(ConnectionEnd.Fin, (await end).End);
    }

    [Fact]
    public async Task SlowReader_HoldsTheOriginBack()
    {
        var written = 0;
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Switching);
            for (; written < 1000; Interlocked.Increment(ref written))
            {
                await connection.WriteAsync(new string('x', 100_000));
            }
        });
        await using var proxy = await StartAsync(origin);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(Request);

        // The origin stops when every buffer on the way is full; 100 MB do not fit.
        var (before, still) = (-1, 0);
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(100));
        while (still < 5 && await look.WaitForNextTickAsync())
        {
            var now = Volatile.Read(ref written);
            (before, still) = (now, now == before ? still + 1 : 0);
        }

        Assert.InRange(before, 1, 500);
        Assert.Equal(100_000_000, (await client.ReadToEndAsync()).Text.Length);
    }

    private static Task<TestProxy> StartAsync(ByteOrigin origin, TestBuffers buffers = TestBuffers.Normal, Func<ProxyConfig, ProxyConfig>? configure = null, bool tls = false, int loops = 2, TimeProvider? time = null) => TestProxy.StartAsync(
        origin.Url,
        buffers,
        configure: config => (configure ?? (static same => same))(tls
            ? config with { Listeners = [new ListenerConfig { Url = "https://127.0.0.1:0", Certificates = [new(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath)] }] }
            : config),
        loops: loops,
        time: time);
}
