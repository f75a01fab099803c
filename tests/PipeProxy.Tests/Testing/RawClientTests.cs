using PipeProxy.Testing;

namespace PipeProxy.Tests.Testing;

public sealed class RawClientTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task Response_IsReadByLength()
    {
        await using ByteOrigin origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie:  b=2 \r\nContent-Length: 2\r\n\r\nhi");
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        for (int i = 0; i < 2; i++)
        {
            RawResponse response = await client.ExchangeAsync(Get);
            Assert.Equal((200, "OK", "hi"), (response.StatusCode, response.Reason, response.Text));
            Assert.Equal(["a=1", "b=2"], response.Values("set-cookie"));
        }

        Assert.Equal(Get + Get, Assert.Single(origin.Connections).Received);
    }

    [Fact]
    public async Task Response_IsReadByChunksWithTrailers()
    {
        await using ByteOrigin origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteSlowlyAsync("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00A\r\n0123456789\r\n0\r\nDigest: x\r\n\r\n");
        });
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        RawResponse response = await client.ExchangeAsync(Get);
        Assert.Equal("abc0123456789", response.Text);
        Assert.Equal("x", Assert.Single(response.Trailers).Value);
    }

    [Fact]
    public async Task Response_IsReadUntilClose()
    {
        await using ByteOrigin origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.0 200 OK\r\n\r\nall of it");
        });
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        Assert.Equal("all of it", (await client.ExchangeAsync(Get)).Text);
        Assert.Equal(ConnectionEnd.Fin, client.End);
    }

    [Fact]
    public async Task Head204AndInterim_HaveNoBody()
    {
        await using ByteOrigin origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        });
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        Assert.Equal(100, (await client.ExchangeAsync(Get)).StatusCode);
        Assert.Equal(204, (await client.ReadResponseAsync()).StatusCode);
        Assert.Equal("10", (await client.ExchangeAsync("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"))["Content-Length"]);
    }

    [Theory]
    [InlineData("HTTP/1.1 200\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nA: b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA : b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")]
    public async Task MalformedResponse_IsAnError(string response)
    {
        await using ByteOrigin origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(response);
        });
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        await Assert.ThrowsAsync<RawClientException>(() => client.ExchangeAsync(Get));
    }

    [Fact]
    public async Task ResetAndClose_AreToldApart()
    {
        await using ByteOrigin origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("part");
            await connection.ReadExactlyAsync(1);
            if (connection.Number == 0)
            {
                connection.Reset();
            }
        });
        foreach (ConnectionEnd end in new[] { ConnectionEnd.Reset, ConnectionEnd.Fin })
        {
            using RawClient client = await RawClient.ConnectAsync(origin.Port);
            await client.SendAsync(Get + "!");
            Assert.Equal(end, (await client.ReadToEndAsync()).End);
        }
    }

    [Fact]
    public async Task HalfClose_StillReads()
    {
        await using ByteOrigin origin = ByteOrigin.Start(async connection => await connection.WriteAsync($"got {await connection.ReadToEndAsync()}"));
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        await client.SendAsync("all");
        client.ShutdownSend();
        Assert.Equal(new RawEnd("got all", ConnectionEnd.Fin), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Stall_EndsByTheTimeout()
    {
        await using ByteOrigin origin = ByteOrigin.Start(connection => connection.StallAsync());
        using RawClient client = await RawClient.ConnectAsync(origin.Port);
        await client.SendAsync(Get);
        client.Timeout = TimeSpan.FromMilliseconds(50);
        await Assert.ThrowsAsync<TimeoutException>(() => client.ReadResponseAsync());
    }
}
