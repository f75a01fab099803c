using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Bodies of every framing arrive whole, framed anew for the receiver's version.</summary>
public sealed class FramingPassThroughTests
{
    private const string Chunked = "5\r\nhello\r\n1;ext=\"x\"\r\n \r\n5\r\nworld\r\n0\r\nX-Sum: 11\r\nContent-Length: 99\r\nX-Last: yes\r\n\r\n";

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task ChunkedRequest_ArrivesChunkedWithItsTrailers(TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.ReadThroughAsync("X-Last: yes\r\n\r\n");
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            await connection.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();

        await client.ExchangeAsync("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" + Chunked);

        string received = origin.Connections[0].Received;
        string body = received[(received.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Contains("\r\nTransfer-Encoding: chunked\r\n", received, StringComparison.Ordinal);
        Assert.Contains("\r\nTrailer: X-Sum\r\n", received, StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Length", received, StringComparison.Ordinal);
        Assert.DoesNotContain(";ext", body, StringComparison.Ordinal);
        Assert.EndsWith("0\r\nX-Sum: 11\r\nX-Last: yes\r\n\r\n", body, StringComparison.Ordinal);
        Assert.Equal("hello world", ContentOf(body));
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task ChunkedResponse_ArrivesChunkedWithItsTrailers(TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await connection.WriteSlowlyAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" + Chunked);
            }
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, loops: 1);
        using var client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

            Assert.Equal("hello world", response.Text);
            Assert.Equal(("chunked", null, "X-Sum"), (response["Transfer-Encoding"], response["Content-Length"], response["Trailer"]));
            Assert.Equal(["X-Sum: 11", "X-Last: yes"], response.Trailers.Select(static field => $"{field.Key}: {field.Value}"));
        }

        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData(false, TestBuffers.Normal)]
    [InlineData(false, TestBuffers.Tiny)]
    [InlineData(true, TestBuffers.Normal)]
    [InlineData(true, TestBuffers.Tiny)]
    public async Task CloseDelimitedResponse_ArrivesChunkedAndTheClientsConnectionStays(bool tls, TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(
            static async connection =>
            {
                await connection.ReadHeadAsync();
                await connection.WriteAsync("HTTP/1.1 200 OK\r\n\r\nall ");
                await connection.WriteAsync("of it");
            },
            tls ? new ByteOriginTls() : null);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, tls ? TestCertificates.Client : null);
        using var client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

            Assert.Equal(("all of it", "chunked", null), (response.Text, response["Transfer-Encoding"], response["Connection"]));
        }

        Assert.Equal(3, origin.Connections.Count);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", TestBuffers.Normal)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", TestBuffers.Tiny)]
    [InlineData("\r\nabc", TestBuffers.Normal)]
    public async Task OldClient_GetsAnUndelimitedBodyUntilTheClose(string framingAndBody, TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n" + framingAndBody);
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

        Assert.Equal(("abc", null, "close"), (response.Text, response["Transfer-Encoding"], response["Connection"]));
        Assert.Equal(ConnectionEnd.Fin, client.End);
    }

    [Fact]
    public async Task OldClient_KeepsItsConnectionWhereItAskedAndTheBodyHasALength()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        for (int i = 0; i < 2; i++)
        {
            var kept = await client.ExchangeAsync("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            Assert.Equal(("hi", "keep-alive"), (kept.Text, kept["Connection"]));
        }

        var last = await client.ExchangeAsync("GET / HTTP/1.0\r\n\r\n");
        Assert.Equal(("hi", "close"), (last.Text, last["Connection"]));
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
    }

    [Fact]
    public async Task OldOrigin_IsAskedOnceAndItsAnswerPassesThrough()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(("HTTP/1.1", "hi", null), (response.Version, response.Text, response["Connection"]));
        }
    }

    private static string ContentOf(string chunked)
    {
        string content = "";
        for (int at = 0; ;)
        {
            int end = chunked.IndexOf("\r\n", at, StringComparison.Ordinal);
            int size = Convert.ToInt32(chunked[at..end], 16);
            if (size == 0)
            {
                return content;
            }

            content += chunked.Substring(end + 2, size);
            at = end + 2 + size + 2;
        }
    }
}
