using System.Globalization;
using System.Text;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Requests on one connection are answered in their order, and their number costs no further origin connections.</summary>
public sealed class PipelineTests
{
    public static MatrixTheoryData<bool, TestBuffers> WholeAndBuffers { get; } = new([false, true], Enum.GetValues<TestBuffers>());

    [Theory]
    [MemberData(nameof(WholeAndBuffers))]
    public async Task PipelinedRequests_AreAnsweredInOrder(bool whole, TestBuffers buffers)
    {
        await using var origin = EchoingTargets();
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();
        StringBuilder requests = new();
        for (int i = 0; i < 100; i++)
        {
            requests.Append(CultureInfo.InvariantCulture, $"GET /{i} HTTP/1.1\r\nHost: a\r\nX-Pad: {new string('p', i)}\r\n\r\n");
        }

        var sending = client.SendAsync(requests.ToString(), whole);
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal($"GET /{i} ", (await client.ReadResponseAsync()).Text);
        }

        await sending;
    }

    [Theory]
    [MemberData(nameof(WholeAndBuffers))]
    public async Task PipelinedRequestsWithBodies_StayInStep(bool whole, TestBuffers buffers)
    {
        await using var origin = EchoingTargets();
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();
        string requests = string.Concat(Enumerable.Range(0, 30).Select(static i => (i % 3) switch
        {
            0 => $"POST /{i} HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nGET /x HTTP/1.1\r\n\r\n+",
            1 => $"POST /{i} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n13\r\nGET /x HTTP/1.1\r\n\r\n\r\n1\r\n+\r\n0\r\n\r\n",
            _ => $"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n",
        }));

        var sending = client.SendAsync(requests, whole);
        for (int i = 0; i < 30; i++)
        {
            Assert.Equal($"{(i % 3 == 2 ? "GET" : "POST")} /{i} ", (await client.ReadResponseAsync()).Text);
        }

        await sending;
        Assert.DoesNotContain(origin.Connections, static connection => connection.Received.StartsWith("GET /x", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PipelineWithProxysOwnAnswers_IsInOrder()
    {
        await using var origin = EchoingTargets();
        await using var proxy = await TestProxy.StartAsync(TestProxy.Config(TestProxy.Route("/known/{*rest}", origin.Url)), []);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET /known/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /unknown HTTP/1.1\r\nHost: a\r\n\r\nGET /known/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /known/3 HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);

        Assert.Equal("GET /known/1 ", (await client.ReadResponseAsync()).Text);
        Assert.Equal(404, (await client.ReadResponseAsync()).StatusCode);
        var last = await client.ReadResponseAsync();
        Assert.Equal(("GET /known/2 ", "close"), (last.Text, last["Connection"]));

        // What came behind Connection: close is not served.
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
        Assert.DoesNotContain(origin.Connections, static connection => connection.Received.Contains("/known/3", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task ThousandSequentialRequests_UseOneOriginConnection(TestBuffers buffers)
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, buffers, TestCertificates.Client, loops: 1);
        using var client = await proxy.ConnectAsync();
        HashSet<string?> connections = [];
        RawResponse? last = null;
        for (int i = 0; i < 1000; i++)
        {
            last = await client.ExchangeAsync($"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
            connections.Add(last["X-Connection"]);
        }

        Assert.Single(connections);
        Assert.Equal("1000", last!["X-Connection-Requests"]);
    }

    [Fact]
    public async Task ThousandClientsInTurn_UseOneOriginConnectionToo()
    {
        await using var origin = EchoingTargets();
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal($"GET /{i} ", (await proxy.GetAsync($"/{i}")).Text);
        }

        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task ClientThatHalfCloses_StillGetsItsAnswers()
    {
        await using var origin = EchoingTargets();
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nGET /x HTTP/1.1\r\n\r\n+", whole: true);
        client.ShutdownSend();

        Assert.Equal("GET /1 ", (await client.ReadResponseAsync()).Text);
        Assert.Equal("POST /2 ", (await client.ReadResponseAsync()).Text);
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
    }

    // Answers with method and target; every body of these tests ends in a plus sign.
    private static ByteOrigin EchoingTargets() => ByteOrigin.Start(static async connection =>
    {
        while (await connection.TryReadHeadAsync() is { } head)
        {
            if (head.Contains("Transfer-Encoding: chunked", StringComparison.Ordinal))
            {
                await connection.ReadThroughAsync("+\r\n0\r\n\r\n");
            }
            else if (head.Contains("Content-Length: 20", StringComparison.Ordinal))
            {
                await connection.ReadExactlyAsync(20);
            }

            string target = head[..(head.IndexOf("HTTP/1.1", StringComparison.Ordinal))];
            await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {target.Length}\r\n\r\n{target}");
        }
    });
}
