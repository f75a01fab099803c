using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A connection that died on the shelf costs a GET nothing, and no request is ever sent twice that must not be.</summary>
public sealed class RetryTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    public static MatrixTheoryData<string, bool, bool> StaleRequests { get; } = new(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"], [false, true], [false, true]);

    [Theory]
    [MemberData(nameof(StaleRequests))]
    public async Task IdempotentRequestOnADeadConnection_IsSentOnceMoreOnAFreshOne(string method, bool tls, bool reset)
    {
        await using var origin = DiesUnderItsSecondRequest(tls, reset);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: tls ? TestCertificates.Client : null, loops: 1);
        using var client = await proxy.ConnectAsync();
        Assert.Equal("ok", (await client.ExchangeAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")).Text);

        var response = await client.ExchangeAsync($"{method} /second HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(200, response.StatusCode);
        Assert.Equal(2, origin.Connections.Count);
        Assert.Equal(2, Sent(origin, "/second"));
    }

    [Theory]
    [InlineData("POST", "", false, false)]
    [InlineData("POST", "", true, false)]
    [InlineData("POST", "", false, true)]
    [InlineData("POST", "", true, true)]
    [InlineData("PATCH", "", false, false)]
    [InlineData("PATCH", "", true, false)]
    [InlineData("POST", "Content-Length: 3\r\n\r\nabc", false, false)]
    [InlineData("POST", "Content-Length: 3\r\n\r\nabc", true, false)]
    [InlineData("POST", "Content-Length: 3\r\n\r\nabc", false, true)]
    [InlineData("POST", "Content-Length: 3\r\n\r\nabc", true, true)]
    [InlineData("PUT", "Content-Length: 3\r\n\r\nabc", false, false)]
    [InlineData("PUT", "Content-Length: 3\r\n\r\nabc", true, false)]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, true)]
    [InlineData("POST", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true, true)]
    public async Task OtherRequestOnADeadConnection_Is522AndSentOnce(string method, string rest, bool tls, bool reset)
    {
        await using var origin = DiesUnderItsSecondRequest(tls, reset);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: tls ? TestCertificates.Client : null, loops: 1);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");

        await client.SendAsync($"{method} /second HTTP/1.1\r\nHost: a\r\n{(rest.Length == 0 ? "\r\n" : rest)}", whole: true);
        var response = await client.ReadResponseAsync();

        Assert.Equal(522, response.StatusCode);
        Assert.Contains("error=connection_terminated", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Equal(1, Sent(origin, "/second"));
        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData("GET", false, false)]
    [InlineData("GET", false, true)]
    [InlineData("GET", true, false)]
    [InlineData("GET", true, true)]
    [InlineData("POST", true, true)]
    public async Task FirstRequestOfAConnection_IsNeverSentAgain(string method, bool tls, bool reset)
    {
        await using var origin = ByteOrigin.Start(
            async connection =>
            {
                await connection.ReadHeadAsync();
                End(connection, reset);
            },
            tls ? new ByteOriginTls() : null);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: tls ? TestCertificates.Client : null);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync($"{method} /second HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(522, response.StatusCode);
        Assert.Contains("error=connection_terminated", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Equal(1, Sent(origin, "/second"));
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task FreshConnectionThatDiesToo_IsNotRetriedAgain()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            if (connection.Number == 0)
            {
                await connection.ReadHeadAsync();
                await connection.WriteAsync(Ok);
            }

            await connection.ReadHeadAsync();
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(522, (await client.ExchangeAsync("GET /second HTTP/1.1\r\nHost: a\r\n\r\n")).StatusCode);
        Assert.Equal(2, origin.Connections.Count);
    }

    [Fact]
    public async Task AnswerCutWithinItsHead_IsNotRetried()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Ok);
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-");
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(502, (await client.ExchangeAsync("GET /second HTTP/1.1\r\nHost: a\r\n\r\n")).StatusCode);
        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData(false, TestBuffers.Normal)]
    [InlineData(true, TestBuffers.Normal)]
    [InlineData(true, TestBuffers.Tiny)]
    public async Task OriginThatClosesAfterEachAnswer_RacesTheNextRequestAndNoneIsDoubled(bool tls, TestBuffers buffers)
    {
        // Without Connection: close the proxy cannot know; the FIN meets the next request anywhere.
        await using var origin = ByteOrigin.Start(
            static async connection =>
            {
                string head = await connection.ReadHeadAsync();
                if (head.StartsWith("POST", StringComparison.Ordinal))
                {
                    await connection.ReadExactlyAsync(3);
                }

                await connection.WriteAsync(Ok);
            },
            tls ? new ByteOriginTls() : null);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, tls ? TestCertificates.Client : null, loops: 1);
        using var client = await proxy.ConnectAsync();
        for (int i = 0; i < 100; i++)
        {
            var got = await client.ExchangeAsync($"GET /get-{i}/ HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
            Assert.Equal((200, "ok"), (got.StatusCode, got.Text));

            // The body goes in a piece of its own, so that no reset of unread bytes hides the answer.
            var posted = await client.ExchangeAsync($"POST /post-{i}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", whole: true);
            Assert.Contains(posted.StatusCode, (int[])[200, 522]);
            Assert.InRange(Sent(origin, $"/post-{i}/"), posted.StatusCode == 200 ? 1 : 0, 1);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Crowd_OverConnectionsThatDieAnywhere_SendsNothingTwiceThatMustNotBe(bool tls)
    {
        const int Clients = 16;
        const int Each = 30;

        // Each connection serves a few requests, then dies: before, within or behind the next one.
        await using var origin = ByteOrigin.Start(
            static async connection =>
            {
                for (int request = 0; await connection.TryReadHeadAsync() is { } head; request++)
                {
                    if (request > connection.Number % 4)
                    {
                        End(connection, reset: connection.Number % 2 == 0);
                        return;
                    }

                    if (head.Contains("Content-Length: 3", StringComparison.Ordinal))
                    {
                        await connection.ReadExactlyAsync(3);
                    }

                    await connection.WriteAsync(Ok);
                    if (connection.Number % 3 == 2)
                    {
                        // A reset would take the answer with it.
                        End(connection, reset: false);
                        return;
                    }
                }
            },
            tls ? new ByteOriginTls() : null);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: tls ? TestCertificates.Client : null);
        var statuses = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async number =>
        {
            using var client = await proxy.ConnectAsync();
            for (int i = 0; i < Each; i++)
            {
                var (method, rest) = (i % 3) switch
                {
                    0 => ("GET", "\r\n"),
                    1 => ("POST", "\r\n"),
                    _ => ("POST", "Content-Length: 3\r\n\r\nabc"),
                };
                string path = $"/{method}-{number}-{i}/";
                statuses[path] = (await client.ExchangeAsync($"{method} {path} HTTP/1.1\r\nHost: a\r\n{rest}", whole: true)).StatusCode;
            }
        }));

        Assert.Equal(Clients * Each, statuses.Count);
        Assert.All(statuses, pair => Assert.Contains(pair.Value, (int[])[200, 522]));
        string all = string.Concat(origin.Connections.Select(static connection => connection.Received));
        foreach (var (path, status) in statuses)
        {
            int sent = all.Split($" {path} HTTP/1.1\r\n").Length - 1;
            Assert.InRange(sent, status == 200 ? 1 : 0, path.StartsWith("/GET", StringComparison.Ordinal) ? 2 : 1);
        }
    }

    [Fact]
    public async Task OriginThatSendsWhatNobodyAskedFor_LosesItsConnection()
    {
        TaskCompletionSource unsolicited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(connection.Number == 0 ? Ok + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" : Ok);
            await connection.ReadToEndAsync();
            unsolicited.TrySetResult();
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1);
        using var client = await proxy.ConnectAsync();

        Assert.Equal("ok", (await client.ExchangeAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        await unsolicited.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("ok", (await client.ExchangeAsync("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        Assert.Equal(2, origin.Connections.Count);
    }

    // The proxy has seen no FIN when it takes the connection from the shelf; it dies with the request in its hands.
    private static ByteOrigin DiesUnderItsSecondRequest(bool tls, bool reset) => ByteOrigin.Start(
        async connection =>
        {
            for (int request = 0; await connection.TryReadHeadAsync() is { } head; request++)
            {
                if (connection.Number == 0 && request == 1)
                {
                    End(connection, reset);
                    return;
                }

                await connection.WriteAsync(head.StartsWith("HEAD", StringComparison.Ordinal) ? Ok[..^2] : Ok);
            }
        },
        tls ? new ByteOriginTls() : null);

    private static void End(OriginConnection connection, bool reset)
    {
        if (reset)
        {
            connection.Reset();
        }
        else
        {
            connection.Close();
        }
    }

    private static int Sent(ByteOrigin origin, string path)
        => origin.Connections.Sum(connection => connection.Received.Split($" {path} HTTP/1.1\r\n").Length - 1);
}
