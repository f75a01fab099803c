using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>What the origin answered is what the client gets: status, reason, body and end-to-end fields in order.</summary>
public sealed class PassThroughTests
{
    [Theory]
    [InlineData("403 Not for you", TestBuffers.Normal)]
    [InlineData("403 Not for you", TestBuffers.Tiny)]
    [InlineData("200 OK", TestBuffers.Tiny)]
    [InlineData("404 ", TestBuffers.Normal)]
    [InlineData("418 I'm  a teapot", TestBuffers.Normal)]
    [InlineData("500 Broken", TestBuffers.Tiny)]
    [InlineData("502 Bad", TestBuffers.Normal)]
    [InlineData("522 Mine", TestBuffers.Normal)]
    [InlineData("599 Odd", TestBuffers.Normal)]
    public async Task AnyStatus_ComesWithReasonFieldsAndBodyInOrder(string status, TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Answering(
            $"HTTP/1.1 {status}\r\nSet-Cookie: a=1; Path=/\r\nX-First: 1\r\nset-cookie: b=2\r\nX-Empty:\r\nSet-Cookie: a=1; Path=/\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody");
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);

        var response = await proxy.GetAsync();

        Assert.Equal(status, $"{response.StatusCode} {response.Reason}");
        Assert.Equal("body", response.Text);
        Assert.Null(response["Proxy-Status"]);
        Assert.Equal(
            ["Set-Cookie: a=1; Path=/", "X-First: 1", "set-cookie: b=2", "X-Empty: ", "Set-Cookie: a=1; Path=/", "Content-Type: text/plain"],
            response.Fields.Select(static field => $"{field.Key}: {field.Value}").Take(6));
        Assert.Equal("1.1 pipeproxy", response["Via"]);
    }

    [Fact]
    public async Task EveryStatusOfNginx_PassesThrough()
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, certificate: TestCertificates.Client);
        using var client = await proxy.ConnectAsync();
        foreach (int status in NginxOrigin.Statuses)
        {
            var response = await client.ExchangeAsync($"GET /status/{status} HTTP/1.1\r\nHost: a\r\n\r\n");

            Assert.Equal((status, "CN=client"), (response.StatusCode, response["X-Client-Subject"]));
            Assert.Equal(status is 204 or 304 ? "" : $"status {status}\n", response.Text);
        }
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task Head204And304_HaveNoBodyAndLeaveTheConnectionInStep(TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            while (await connection.TryReadHeadAsync() is { } head)
            {
                await connection.WriteAsync(head.Split(' ')[1] switch
                {
                    "/204" => "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
                    "/304" => "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n",
                    "/chunked" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                    _ => "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n",
                });
            }
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, loops: 1);
        using var client = await proxy.ConnectAsync();

        var head = await client.ExchangeAsync("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal((200, "12345"), (head.StatusCode, head["Content-Length"]));
        var chunked = await client.ExchangeAsync("HEAD /chunked HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal((200, null), (chunked.StatusCode, chunked["Content-Length"]));
        var empty = await client.ExchangeAsync("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal((204, null, null), (empty.StatusCode, empty["Content-Length"], empty["Transfer-Encoding"]));
        var unchanged = await client.ExchangeAsync("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal((304, "\"x\""), (unchanged.StatusCode, unchanged["ETag"]));
        Assert.Equal(204, (await client.ExchangeAsync("GET /204 HTTP/1.1\r\nHost: a\r\n\r\n")).StatusCode);
        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task InterimResponses_ComeBeforeTheAnswerAndOnlyToHttp11(TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Answering(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nLink: </b>\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);

        using var client = await proxy.ConnectAsync();
        Assert.Equal(100, (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).StatusCode);
        var hints = await client.ReadResponseAsync();
        Assert.Equal((103, "Early Hints"), (hints.StatusCode, hints.Reason));
        Assert.Equal(["</a>; rel=preload", "</b>"], hints.Values("Link"));
        Assert.Null(hints["X-Hop"]);
        Assert.Equal("hi", (await client.ReadResponseAsync()).Text);

        using var old = await proxy.ConnectAsync();
        Assert.Equal("hi", (await old.ExchangeAsync("GET / HTTP/1.0\r\n\r\n")).Text);
    }

    [Fact]
    public async Task OriginThatSendsInterimResponsesForEver_IsA502()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000)));
            await connection.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        var response = await client.ReadResponseAsync();
        for (int interim = 0; interim < 1000 && response.StatusCode < 200; interim++)
        {
            response = await client.ReadResponseAsync();
        }

        Assert.Equal(502, response.StatusCode);
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task ExpectContinue_GoesEndToEnd(TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            while (await connection.TryReadHeadAsync() is { } head)
            {
                Assert.Contains("Expect: 100-continue", head, StringComparison.Ordinal);
                if (head.StartsWith("POST /no", StringComparison.Ordinal))
                {
                    await connection.WriteAsync("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
                    continue;
                }

                await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
                var body = await connection.ReadExactlyAsync(5);
                await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{body}");
            }
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();

        // The proxy does not answer 100 of its own: the client waits for the origin's.
        var interim = await client.ExchangeAsync("POST /yes HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        Assert.Equal(100, interim.StatusCode);
        Assert.Equal("hello", (await client.ExchangeAsync("hello")).Text);

        // A client that is refused has not sent its body, and the connection cannot be told in step: it ends.
        var refused = await client.ExchangeAsync("POST /no HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        Assert.Equal((417, "close"), (refused.StatusCode, refused["Connection"]));
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
    }

    [Fact]
    public async Task RedirectOfTheOrigin_IsNotFollowed()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxy.StartAsync(origin.Url);

        var response = await proxy.GetAsync();

        Assert.Equal((302, "https://elsewhere.example/"), (response.StatusCode, response["Location"]));
        Assert.Single(origin.Connections);
    }
}
