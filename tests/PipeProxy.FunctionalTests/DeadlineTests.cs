using System.Diagnostics;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Whoever is too slow is told so, and nobody waits for ever.</summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Theory]
    [InlineData("G", TestBuffers.Normal)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n", TestBuffers.Normal)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX-A: ", TestBuffers.Tiny)]
    public async Task SlowRequestHead_Is408(string start, TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin.Url, static timeouts => timeouts with { RequestHead = Short }, buffers);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(start);

        var response = await client.ReadResponseAsync();

        Assert.Equal((408, "Request Timeout", "close"), (response.StatusCode, response.Reason, response["Connection"]));
        Assert.Contains("error=http_request_error", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains("\"next\": \"", response.Text, StringComparison.Ordinal);
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
        Assert.Empty(origin.Connections);
    }

    [Fact]
    public async Task RequestHeadThatDrips_Is408FromItsFirstByteOn()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin.Url, static timeouts => timeouts with { RequestHead = TimeSpan.FromSeconds(1) });
        using var client = await proxy.ConnectAsync();
        var answer = client.ReadResponseAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Drip: ");

        // One byte every so often, which must not move the deadline.
        using PeriodicTimer drip = new(TimeSpan.FromMilliseconds(50));
        long began = Stopwatch.GetTimestamp();
        while (!answer.IsCompleted && await drip.WaitForNextTickAsync())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60), "Every byte moved the deadline.");
            try
            {
                await client.SendAsync("x");
            }
            catch (IOException)
            {
                break;
            }
        }

        Assert.Equal(408, (await answer).StatusCode);
    }

    [Fact]
    public async Task ResponseHeadThatDrips_Is504()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nX-Drip: ");
            using PeriodicTimer drip = new(TimeSpan.FromMilliseconds(50));
            while (await drip.WaitForNextTickAsync())
            {
                await connection.WriteAsync("x");
            }
        });
        await using var proxy = await StartAsync(origin.Url, static timeouts => timeouts with { FirstByte = TimeSpan.FromSeconds(1) });

        var response = await proxy.GetAsync();

        Assert.Equal(504, response.StatusCode);
        Assert.Contains("error=http_response_timeout", response["Proxy-Status"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nabc", TestBuffers.Normal)]
    [InlineData("Content-Length: 10\r\n\r\nabc", TestBuffers.Tiny)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nabc", TestBuffers.Normal)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", TestBuffers.Tiny)]
    public async Task StalledRequestBody_Is408AndTheOriginGetsNoWholeMessage(string rest, TestBuffers buffers)
    {
        TaskCompletionSource<string> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            ended.SetResult(await connection.ReadToEndAsync());
        });
        await using var proxy = await StartAsync(origin.Url, static timeouts => timeouts with { BetweenBytes = Short }, buffers);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\n{rest}");

        var response = await client.ReadResponseAsync();

        Assert.Equal((408, "close"), (response.StatusCode, response["Connection"]));
        string body = await ended.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(rest.Contains("chunked", StringComparison.Ordinal) || body.Length < 10, body);
        Assert.DoesNotContain("0\r\n\r\n", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", false)]
    public async Task OriginWithoutAnAnswer_Is504(string request, bool tls)
    {
        await using var origin = ByteOrigin.Start(static async connection => await connection.ReadToEndAsync(), tls ? new ByteOriginTls() : null);
        await using var proxy = await StartAsync(origin.Url, static timeouts => timeouts with { FirstByte = Short }, certificate: tls ? TestCertificates.Client : null);
        using var client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(request, whole: true);
            var response = await client.ReadResponseAsync();

            Assert.Equal((504, "Gateway Timeout"), (response.StatusCode, response.Reason));
            Assert.Contains("error=http_response_timeout", response["Proxy-Status"], StringComparison.Ordinal);
        }

        Assert.Equal(2, origin.Connections.Count);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nabc")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nabc")]
    [InlineData("\r\nabc")]
    public async Task StalledAnswer_ResetsTheClient(string rest)
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n" + rest);
            await connection.StallAsync();
        });
        await using var proxy = await StartAsync(origin.Url, static timeouts => timeouts with { BetweenBytes = Short });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        var end = await client.ReadToEndAsync();

        Assert.Equal(ConnectionEnd.Reset, end.End);
        Assert.DoesNotContain("\r\n0\r\n\r\n", end.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SilentClient_IsClosedWithoutAWord(bool afterARequest)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin.Url, static timeouts => timeouts with { KeepAlive = Short });
        using var client = await proxy.ConnectAsync();
        if (afterARequest)
        {
            await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }

        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
    }

    [Fact]
    public async Task NoFreeConnection_Is503AfterTheQueuesTime()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await release.Task;
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });

        // One loop: a connection does not change loops, so on another one /3 would close it and open its own.
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1, configure: config => config with
        {
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = new() { Pool = new PoolConfig { MaxConnections = 1, QueueTimeout = Short } } },
        });
        var first = proxy.GetAsync("/1");
        await origin.WaitForConnectionAsync();

        var second = await proxy.GetAsync("/2");

        Assert.Equal(503, second.StatusCode);
        Assert.Contains("error=connection_limit_reached", second["Proxy-Status"], StringComparison.Ordinal);
        release.SetResult();
        Assert.Equal(200, (await first).StatusCode);
        Assert.Equal(200, (await proxy.GetAsync("/3")).StatusCode);
        Assert.Single(origin.Connections);
    }

    private static Task<TestProxy> StartAsync(string origin, Func<TimeoutConfig, TimeoutConfig> timeouts, TestBuffers buffers = TestBuffers.Normal, TestCertificate? certificate = null)
        => TestProxy.StartAsync(origin, buffers, certificate, config => config with { Timeouts = timeouts(config.Timeouts) });
}
