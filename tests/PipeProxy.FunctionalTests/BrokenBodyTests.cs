using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A body that one side breaks off is never taken for whole by the other.</summary>
public sealed class BrokenBodyTests
{
    private const int Mebibyte = 1024 * 1024;

    public static MatrixTheoryData<bool, TestBuffers> TlsAndBuffers { get; } = new([false, true], Enum.GetValues<TestBuffers>());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OriginThatStopsReading_StopsTheClient(bool tls)
    {
        // What fits into the kernel's buffers of two hops, and little more; a proxy that keeps what it cannot pass on would take it all.
        const long InFlight = 40 * Mebibyte;
        byte[] content = new byte[128 * Mebibyte];
        Array.Fill(content, (byte)'p');
        await using var origin = EchoOrigin.Start(tls, startsReadingAtOnce: false);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync(TimeSpan.FromSeconds(90));
        await client.SendAsync($"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {content.Length}\r\n\r\n", whole: true);
        long sent = 0;
        TaskCompletionSource tooMuch = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = Task.Run(async () =>
        {
            for (int at = 0; at < content.Length; at += 65536)
            {
                await client.SendAsync(content.AsMemory(at, 65536));
                if (Interlocked.Add(ref sent, 65536) > InFlight && origin.BodyBytes == 0)
                {
                    tooMuch.TrySetResult();
                }
            }
        });

        // Nothing announces that a sender is stuck for good, so this looks for the contrary for a while.
        var first = await Task.WhenAny(tooMuch.Task, Task.Delay(TimeSpan.FromSeconds(1)));
        Assert.NotSame(tooMuch.Task, first);
        Assert.False(sending.IsCompleted);

        origin.StartReading();
        var response = await client.ReadResponseAsync();
        await sending;
        Assert.Equal(content.Length, response.Body.Length);
        Assert.Equal(content.Length, origin.BodyBytes);
    }

    [Theory]
    [MemberData(nameof(TlsAndBuffers))]
    public async Task AnswerBeforeTheUploadsEnd_ReachesTheClientAndEndsBothConnections(bool tls, TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(
            static async connection =>
            {
                await connection.ReadHeadAsync();
                await connection.ReadExactlyAsync(10);
                await connection.WriteAsync("HTTP/1.1 413 Too much\r\nContent-Length: 4\r\n\r\nstop");
                await connection.ReadToEndAsync();
            },
            tls ? new ByteOriginTls() : null);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, tls ? TestCertificates.Client : null);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n0123456789", whole: true);

        var response = await client.ReadResponseAsync();

        Assert.Equal((413, "stop", "close"), (response.StatusCode, response.Text, response["Connection"]));
        Assert.Equal(("", ConnectionEnd.Fin), ((await client.ReadToEndAsync()).Text, client.End));
        client.Dispose();

        // The upstream connection is not kept: the next request has one of its own.
        using var next = await proxy.ConnectAsync();
        Assert.Equal(413, (await next.ExchangeAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789", whole: true)).StatusCode);
        Assert.Equal(2, origin.Connections.Count);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task ClientThatAbortsItsUpload_BreaksTheOriginsConnection(bool chunked, bool reset)
    {
        TaskCompletionSource<string> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            string first = await connection.ReadThroughAsync("abc");
            began.TrySetResult();
            ended.TrySetResult(first + await connection.ReadToEndAsync());
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync(chunked ? "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc", whole: true);
        await began.Task.WaitAsync(TimeSpan.FromSeconds(60));
        if (reset)
        {
            client.Reset();
        }
        else
        {
            client.Dispose();
        }

        // Neither the missing bytes nor a last chunk: what came cannot be taken for a whole message.
        string body = await ended.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain("0\r\n\r\n", body, StringComparison.Ordinal);
        Assert.Equal(chunked ? "3\r\nabc\r\n" : "abc", body);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nabc", false)]
    [InlineData("Content-Length: 10\r\n\r\nabc", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nabc", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefg\r\n", false)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nxyz\r\n", true)]
    public async Task OriginThatCutsItsAnswer_ResetsTheClient(string framingAndBody, bool tls)
    {
        foreach (bool reset in new[] { false, true })
        {
            await using var origin = ByteOrigin.Start(
                async connection =>
                {
                    await connection.ReadHeadAsync();
                    await connection.WriteAsync("HTTP/1.1 200 OK\r\n" + framingAndBody);
                    if (reset)
                    {
                        connection.Reset();
                    }
                },
                tls ? new ByteOriginTls() : null);
            await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: tls ? TestCertificates.Client : null);
            using var client = await proxy.ConnectAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            var end = await client.ReadToEndAsync();

            Assert.Equal(ConnectionEnd.Reset, end.End);
            Assert.DoesNotContain("\r\n0\r\n\r\n", end.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task CloseDelimitedOverTlsWithoutCloseNotify_ResetsTheClient(TestBuffers buffers)
    {
        await using var origin = ByteOrigin.Start(
            static async connection =>
            {
                await connection.ReadHeadAsync();
                await connection.WriteAsync("HTTP/1.1 200 OK\r\n\r\nall of it?");
                connection.Close();
            },
            new ByteOriginTls());
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, TestCertificates.Client);
        foreach (string version in new[] { "1.1", "1.0" })
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync($"GET / HTTP/{version}\r\nHost: a\r\n\r\n");

            var end = await client.ReadToEndAsync();

            Assert.Equal(ConnectionEnd.Reset, end.End);
            Assert.DoesNotContain("\r\n0\r\n\r\n", end.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ClientThatLeavesADownload_EndsTheOriginsConnection()
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
            try
            {
                byte[] piece = new byte[65536];
                while (true)
                {
                    await connection.WriteAsync(piece);
                }
            }
            catch (IOException)
            {
                ended.SetResult();
            }
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            await origin.WaitForConnectionAsync();
        }

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
