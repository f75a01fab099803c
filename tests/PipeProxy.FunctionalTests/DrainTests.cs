using System.Net.Sockets;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A proxy that stops ends what it has begun, takes nothing new, and says so to those who are connected.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RequestInFlight_EndsWithConnectionCloseAndNewConnectionsAreRefused()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = Held(release.Task);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        int port = proxy.Port;
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await origin.WaitForConnectionAsync();

        var stopping = proxy.Proxy.StopAsync();
        await RefusedAsync(port);
        Assert.False(stopping.IsCompleted);
        release.SetResult();

        var response = await client.ReadResponseAsync();
        Assert.Equal(("held", "close"), (response.Text, response["Connection"]));
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
        await stopping.WaitAsync(Limit);
    }

    [Fact]
    public async Task UploadInFlight_IsTakenToItsEnd()
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, certificate: TestCertificates.Client);
        int port = proxy.Port;
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{new string('u', 50000)}", whole: true);
        await ReceivedAsync(nginx.Uploads, 50000);

        var stopping = proxy.Proxy.StopAsync();
        await RefusedAsync(port);
        await client.SendAsync(new string('u', 50000), whole: true);

        Assert.Equal((200, "100000"), await AnswerAsync(client));
        await stopping.WaitAsync(Limit);
    }

    [Fact]
    public async Task IdleConnection_IsServedOnceMoreAndThenClosed()
    {
        await using var origin = Held(Task.CompletedTask);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        int port = proxy.Port;
        using var client = await proxy.ConnectAsync();
        Assert.Null((await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))["Connection"]);

        var stopping = proxy.Proxy.StopAsync();
        await RefusedAsync(port);
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(("held", "close"), (response.Text, response["Connection"]));
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
        await stopping.WaitAsync(Limit);
    }

    [Fact]
    public async Task SilentConnections_DoNotHoldTheStopUp()
    {
        await using var origin = Held(Task.CompletedTask);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var never = await proxy.ConnectAsync();
        using var once = await proxy.ConnectAsync();
        await once.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        await proxy.Proxy.StopAsync().WaitAsync(Limit);

        Assert.Equal(("", ConnectionEnd.Fin), ((await never.ReadToEndAsync()).Text, never.End));
        Assert.Equal(("", ConnectionEnd.Fin), ((await once.ReadToEndAsync()).Text, once.End));
    }

    [Fact]
    public async Task WhatDoesNotEndInTime_IsCutWithAReset()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun");
            await connection.StallAsync();
        });
        await using var proxy = await TestProxy.StartAsync(
            origin.Url, configure: static config => config with { Timeouts = config.Timeouts with { Drain = TimeSpan.FromMilliseconds(300) } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await origin.WaitForConnectionAsync();

        await proxy.Proxy.StopAsync().WaitAsync(Limit);

        Assert.Equal(ConnectionEnd.Reset, (await client.ReadToEndAsync()).End);
        await proxy.WaitForLogAsync("1 connections are cut");
    }

    [Fact]
    public async Task DisposedProxy_WaitsForNoOriginThatIsSilent()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            // The second request comes over a connection that served before, and is not tried again either.
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            await connection.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.SendAsync("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
        await ArrivedAsync(origin, "GET /2");

        await proxy.Proxy.DisposeAsync().AsTask().WaitAsync(Limit);

        Assert.Equal(ConnectionEnd.Reset, (await client.ReadToEndAsync()).End);
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task StoppedProxy_LeavesNoConnectionAtTheOrigin()
    {
        List<Task> ends = [];
        await using var origin = ByteOrigin.Start(connection =>
        {
            var end = ServeToEndAsync(connection);
            lock (ends)
            {
                ends.Add(end);
            }

            return end;
        });
        await using (var proxy = await TestProxy.StartAsync(origin.Url))
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => proxy.GetAsync($"/{i}")));
        }

        Assert.NotEmpty(ends);
        await Task.WhenAll(ends).WaitAsync(Limit);
    }

    private static async Task ServeToEndAsync(OriginConnection connection)
    {
        while (await connection.TryReadHeadAsync() is not null)
        {
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    }

    private static ByteOrigin Held(Task release) => ByteOrigin.Start(async connection =>
    {
        while (await connection.TryReadHeadAsync() is not null)
        {
            await release;
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld");
        }
    });

    private static async Task<(int, string)> AnswerAsync(RawClient client)
    {
        var response = await client.ReadResponseAsync();
        return (response.StatusCode, response.Text);
    }

    // The drain begins at its own time; a connection that came in before is closed again.
    private static async Task RefusedAsync(int port)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer again = new(TimeSpan.FromMilliseconds(10));
        while (true)
        {
            try
            {
                using var probe = await RawClient.ConnectAsync(port);
            }
            catch (SocketException)
            {
                return;
            }

            await again.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task ArrivedAsync(ByteOrigin origin, string text)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
        while (!origin.Connections.Any(connection => connection.Received.Contains(text, StringComparison.Ordinal)))
        {
            await look.WaitForNextTickAsync(limit.Token);
        }
    }

    private static async Task ReceivedAsync(UploadSink uploads, long bytes)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
        while (uploads.ReceivedBytes < bytes)
        {
            await look.WaitForNextTickAsync(limit.Token);
        }
    }
}
