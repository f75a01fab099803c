using System.Net;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A client gets so many connections, so many requests on each, and so much time; whoever wants more is told.</summary>
public sealed class ClientLimitTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    [Fact]
    public async Task TargetOverItsLimit_Is414AndNamesTheLimit()
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url, configure: static config => config with { Limits = config.Limits with { Uri = 10 } });
        using var client = await proxy.ConnectAsync();

        var served = await client.ExchangeAsync("GET /345678?01 HTTP/1.1\r\nHost: a\r\n\r\n");
        var refused = await client.ExchangeAsync("GET /345678?012 HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal((200, 414, "close"), (served.StatusCode, refused.StatusCode, refused["Connection"]));
        Assert.Contains("the limit 'uri'", refused.Text, StringComparison.Ordinal);
        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData("total", false)]
    [InlineData("listener", false)]
    [InlineData("client", false)]
    [InlineData("total", true)]
    public async Task ConnectionOverTheLimit_Is503AndThePlaceIsFreeAgainAfterwards(string limit, bool tls)
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url, configure: config => config with
        {
            Listeners =
            [
                new ListenerConfig
                {
                    Url = tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0",
                    Certificates = tls ? [new(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath)] : [],
                    Connections = limit == "listener" ? 2 : null,
                },
            ],
            Limits = config.Limits with { Connections = limit == "total" ? 2 : 1000, ConnectionsPerClient = limit == "client" ? 2 : null },
        });
        Task<RawClient> ConnectAsync() => tls ? RawClient.ConnectTlsAsync(proxy.Port) : proxy.ConnectAsync();
        using var first = await ConnectAsync();
        using (var second = await ConnectAsync())
        {
            Assert.Equal((200, 200), ((await first.ExchangeAsync(Get)).StatusCode, (await second.ExchangeAsync(Get)).StatusCode));
            using var third = await ConnectAsync();
            var refused = await third.ExchangeAsync(Get);

            Assert.Equal((503, "close"), (refused.StatusCode, refused["Connection"]));
            Assert.Contains("error=connection_limit_reached", refused["Proxy-Status"], StringComparison.Ordinal);
            Assert.Equal(ConnectionEnd.Fin, (await third.ReadToEndAsync()).End);
            Assert.Equal(200, (await first.ExchangeAsync(Get)).StatusCode);
        }

        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
        for (var status = 503; status != 200 && await look.WaitForNextTickAsync();)
        {
            using var next = await ConnectAsync();
            status = (await next.ExchangeAsync(Get)).StatusCode;
        }

        if (limit != "client")
        {
            await proxy.WaitForLogAsync("refuses connections");
        }
    }

    [Fact]
    public async Task TrustedHop_StandsForManyClients()
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin, static config => config with
        {
            Limits = config.Limits with { ConnectionsPerClient = 1 },
            Forwarding = config.Forwarding with { TrustedHops = [IPNetwork.Parse("127.0.0.1/32")] },
        });
        using var first = await proxy.ConnectAsync();
        using var second = await proxy.ConnectAsync();

        Assert.Equal((200, 200), ((await first.ExchangeAsync(Get)).StatusCode, (await second.ExchangeAsync(Get)).StatusCode));
    }

    [Fact]
    public async Task LastRequestOfAConnection_SaysSo()
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin, static config => config with { Limits = config.Limits with { RequestsPerConnection = 2 } });
        using var client = await proxy.ConnectAsync();

        Assert.Equal((200, null), StatusAndConnection(await client.ExchangeAsync(Get)));
        Assert.Equal((200, "close"), StatusAndConnection(await client.ExchangeAsync(Get)));
        Assert.Equal(ConnectionEnd.Fin, (await client.ReadToEndAsync()).End);
    }

    [Fact]
    public async Task RequestBodyThatDrips_Is408()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Start(static connection => connection.StallAsync());
        await using var proxy = await StartAsync(origin, static config => config, time);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");

        // One byte a second is more often than betweenBytes asks for, and slower than any line.
        var answer = client.ReadResponseAsync();
        var seconds = await AdvanceUntilAsync(answer, time, () => client.SendAsync("x"));

        Assert.Equal(408, (await answer).StatusCode);
        Assert.Contains("limits.requestBodyRate", (await answer).Text, StringComparison.Ordinal);
        Assert.InRange(seconds, 5, 20);
    }

    [Fact]
    public async Task RequestBodyAtThePace_GoesThrough()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.ReadExactlyAsync(30 * 300);
            await connection.WriteAsync(Ok);
        });
        await using var proxy = await StartAsync(origin, static config => config, time);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {30 * 300}\r\n\r\n");

        for (var i = 0; i < 30; i++)
        {
            await client.SendAsync(new string('z', 300), whole: true);
            using PeriodicTimer look = new(TimeSpan.FromMilliseconds(5));
            while (!(origin.Connections is [{ } connection] && connection.Received.Count(static c => c == 'z') == (i + 1) * 300) && await look.WaitForNextTickAsync())
            {
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(200, (await client.ReadResponseAsync()).StatusCode);
    }

    [Fact]
    public async Task AnswerTakenTooSlowly_IsReset()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
            for (var i = 0; i < 1000; i++)
            {
                await connection.WriteAsync(new string('x', 100_000));
            }
        });
        await using var proxy = await StartAsync(origin, static config => config with
        {
            Limits = config.Limits with { ResponseBodyRate = 1_000_000_000 },
            Timeouts = config.Timeouts with { BetweenBytes = TimeSpan.FromHours(1) },
        }, time);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);

        // It reads nothing at all; what the system buffers for it is far from the pace asked for.
        await AdvanceUntilAsync(EndOf(await origin.WaitForConnectionAsync()), time, static () => Task.CompletedTask);
        Assert.Equal(ConnectionEnd.Reset, (await client.ReadToEndAsync()).End);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")]
    public async Task TotalTime_EndsTheRequest(string answer)
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(answer);
            await connection.StallAsync();
        });
        await using var proxy = await StartAsync(origin, static config => config with { Timeouts = config.Timeouts with { Total = TimeSpan.FromSeconds(3) } }, time);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get);
        var end = client.ReadToEndAsync();
        var seconds = await AdvanceUntilAsync(end, time, static () => Task.CompletedTask);

        Assert.InRange(seconds, 3, 8);
        if (answer.Length > 0)
        {
            Assert.Equal(ConnectionEnd.Reset, (await end).End);
        }
        else
        {
            Assert.StartsWith("HTTP/1.1 504 Gateway Timeout\r\n", (await end).Text, StringComparison.Ordinal);
            Assert.Contains("error=http_response_timeout", (await end).Text, StringComparison.Ordinal);
            Assert.Equal(ConnectionEnd.Fin, (await end).End);
        }
    }

    [Fact]
    public async Task TotalTime_IsEachRequestsOwn()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await answer.Task;
            await connection.WriteAsync(Ok);
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Ok);
        });
        await using var proxy = await StartAsync(origin, static config => config with { Timeouts = config.Timeouts with { Total = TimeSpan.FromSeconds(3) } }, time);
        using var client = await proxy.ConnectAsync();

        // The second request begins when the first has had nearly all of its time, and its head takes a second.
        await client.SendAsync($"{Get}{Get[..20]}", whole: true);
        var first = client.ReadResponseAsync();
        await PassAsync(time, 2, 100);
        time.Advance(TimeSpan.FromMilliseconds(900));
        answer.SetResult();
        Assert.Equal(200, (await first).StatusCode);
        await PassAsync(time, 1, 300);
        await client.SendAsync(Get[20..]);

        Assert.Equal(200, (await client.ReadResponseAsync()).StatusCode);
    }

    // Seconds of the proxy's time, each followed by a pause in which its loops may look at it.
    private static async Task PassAsync(FakeTimeProvider time, int seconds, int milliseconds)
    {
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(milliseconds));
        for (var i = 0; i < seconds; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await pause.WaitForNextTickAsync();
        }
    }

    private static (int Status, string? Connection) StatusAndConnection(RawResponse response) => (response.StatusCode, response["Connection"]);

    private static Task<TestProxy> StartAsync(ByteOrigin origin, Func<ProxyConfig, ProxyConfig> configure, TimeProvider? time = null) => TestProxy.StartAsync(origin.Url, configure: configure, time: time);

    // Lets a second of the proxy's time pass again and again; the pause between is for its threads to see it.
    private static async Task<int> AdvanceUntilAsync(Task end, FakeTimeProvider time, Func<Task> each)
    {
        using PeriodicTimer pause = new(TimeSpan.FromMilliseconds(50));
        for (var seconds = 1; ; seconds++)
        {
            await pause.WaitForNextTickAsync();
            if (end.IsCompleted)
            {
                return seconds;
            }

            Assert.True(seconds < 300, "Nothing happened in 300 s of the proxy's time.");
            time.Advance(TimeSpan.FromSeconds(1));
            try
            {
                await each();
            }
            catch (IOException)
            {
                // The proxy has ended the connection.
            }
        }
    }

    private static async Task EndOf(OriginConnection connection)
    {
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
        while (!connection.IsClosed && await look.WaitForNextTickAsync())
        {
        }
    }
}
