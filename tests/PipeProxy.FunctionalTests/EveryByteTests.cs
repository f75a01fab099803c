using System.Net.Security;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Either side may go at any byte, by FIN or by RST: nothing hangs, nothing is kept, nobody takes a part for the whole, and the next request is served.</summary>
public sealed class EveryByteTests
{
    private const string Request = "POST /x?y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3;e=\"f\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n";
    private const string LengthAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n0123456789";
    private const string ChunkedAnswer = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n7;e\r\n3456789\r\n0\r\nX-Sum: 1\r\n\r\n";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    [Theory]
    [InlineData(false, false, TestBuffers.Normal)]
    [InlineData(false, true, TestBuffers.Normal)]
    [InlineData(false, true, TestBuffers.Tiny)]
    [InlineData(true, false, TestBuffers.Normal)]
    [InlineData(true, true, TestBuffers.Normal)]
    public async Task ClientThatGoesAtAnyByte_LeavesNothing(bool tls, bool reset, TestBuffers buffers)
    {
        var whole = 0;
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is { } head)
            {
                if (head.StartsWith("POST", StringComparison.Ordinal))
                {
                    await connection.ReadThroughAsync("\r\n0\r\nX-Sum: 1\r\n\r\n");
                    Interlocked.Increment(ref whole);
                }

                await connection.WriteAsync(Ok);
            }
        });
        await using var proxy = await StartAsync(origin, buffers, tls);
        for (var cut = 0; cut < Request.Length; cut++)
        {
            using var client = tls ? await RawClient.ConnectTlsAsync(proxy.Port) : await proxy.ConnectAsync();
            await client.SendAsync(Request[..cut], whole: true);
            if (reset)
            {
                client.Reset();
                continue;
            }

            client.ShutdownSend();
            var end = await client.ReadToEndAsync();
            Assert.True(!end.Text.StartsWith("HTTP/1.1 2", StringComparison.Ordinal), $"Half a request, {cut} bytes, is answered: {end.Text}");
        }

        Assert.Equal(200, await StatusAsync(proxy, tls));
        await NothingIsKeptAsync(proxy);
        Assert.Equal(0, whole);
    }

    public static TheoryData<string, bool, bool, TestBuffers> Answers => new(
        from answer in new[] { LengthAnswer, ChunkedAnswer }
        from reset in new[] { false, true }
        from row in new[] { (false, TestBuffers.Normal), (false, TestBuffers.Tiny), (true, TestBuffers.Normal) }
        select new TheoryDataRow<string, bool, bool, TestBuffers>(answer, reset, row.Item1, row.Item2));

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task OriginThatGoesAtAnyByte_IsTakenForWholeByNobody(string answer, bool reset, bool tls, TestBuffers buffers)
    {
        var cut = 0;
        await using var origin = ByteOrigin.Start(
            async connection =>
            {
                while (await connection.TryReadHeadAsync() is { } head)
                {
                    var isLast = head.StartsWith("GET /last", StringComparison.Ordinal);
                    await connection.WriteAsync(isLast ? Ok : answer[..Volatile.Read(ref cut)]);
                    if (isLast)
                    {
                        continue;
                    }

                    if (reset)
                    {
                        connection.Reset();
                    }

                    return;
                }
            },
            tls ? new ByteOriginTls() : null);
        await using var proxy = await StartAsync(origin, buffers, tls: false, certificate: tls ? TestCertificates.Client : null);
        for (; cut < answer.Length; Interlocked.Increment(ref cut))
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", whole: true);
            var end = await client.ReadToEndAsync();

            // Before the head is whole it is the proxy's own answer; then a reset.
            var status = end.Text.StartsWith("HTTP/1.1 103", StringComparison.Ordinal) ? end.Text[(end.Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..] : end.Text;
            Assert.True(
                end.End == ConnectionEnd.Reset || status.StartsWith("HTTP/1.1 5", StringComparison.Ordinal),
                $"An answer cut at {cut} ends with {end.End}: {end.Text}");
        }

        using (var last = await proxy.ConnectAsync())
        {
            Assert.Equal(200, (await last.ExchangeAsync("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).StatusCode);
        }

        await NothingIsKeptAsync(proxy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientThatGoesWithinItsClientHello_LeavesNothing(bool reset)
    {
        var hello = await ClientHelloAsync();
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin, TestBuffers.Normal, tls: true);
        for (var cut = 0; cut < hello.Length; cut += cut < 16 ? 1 : 5)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(hello.AsMemory(0, cut));
            if (reset)
            {
                client.Reset();
            }
            else
            {
                client.ShutdownSend();
                await client.ReadToEndAsync();
            }
        }

        Assert.Equal(200, await StatusAsync(proxy, tls: true));
        await NothingIsKeptAsync(proxy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Flood_LeavesNothingAndTheNextIsServed(bool tls)
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin, TestBuffers.Normal, tls);

        // Some say nothing, some begin a request or a handshake, some send a whole one and never read.
        string[] begin = ["", "\x16\x03\x01\x02\x00\x01", "POST / HTTP/1.1\r\nHost: a\r\nX: y", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"];
        List<RawClient> clients = [];
        for (var i = 0; i < 1000; i++)
        {
            clients.Add(await proxy.ConnectAsync());
            await clients[^1].SendAsync(begin[i % begin.Length], whole: true);
        }

        Assert.Equal(200, await StatusAsync(proxy, tls));
        foreach (var (i, client) in clients.Index())
        {
            if (i % 2 == 0)
            {
                client.Reset();
            }

            client.Dispose();
        }

        Assert.Equal(200, await StatusAsync(proxy, tls));
        await NothingIsKeptAsync(proxy);
    }

    private static Task<TestProxy> StartAsync(ByteOrigin origin, TestBuffers buffers, bool tls, TestCertificate? certificate = null) => TestProxy.StartAsync(
        origin.Url,
        buffers,
        certificate,
        config => tls
            ? config with { Listeners = [new ListenerConfig { Url = "https://127.0.0.1:0", Certificates = [new(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath)] }] }
            : config);

    private static async Task<int> StatusAsync(TestProxy proxy, bool tls)
    {
        using var client = tls ? await RawClient.ConnectTlsAsync(proxy.Port) : await proxy.ConnectAsync();
        return (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).StatusCode;
    }

    // Connections end on their loops a moment after their peers have gone; one that stays, or a block that is not given back, is waited for in vain.
    private static async Task NothingIsKeptAsync(TestProxy proxy)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(20));
        while (proxy.Proxy.OpenClients > 0 || proxy.Proxy.RentedBlocks > 0)
        {
            try
            {
                await look.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"{proxy.Proxy.OpenClients} connections and {proxy.Proxy.RentedBlocks} blocks are still there.");
            }
        }
    }

    private static async Task<byte[]> ClientHelloAsync()
    {
        using Recorder recorder = new();
        await using SslStream tls = new(recorder);
        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync("localhost"));
        return recorder.Written.ToArray();
    }

    // Takes what is written, and ends at the first read.
    private sealed class Recorder : MemoryStream
    {
        public MemoryStream Written { get; } = new();

        public override bool CanRead => true;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(0);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.Write(buffer.Span);
            return default;
        }

        protected override void Dispose(bool disposing)
        {
            Written.Dispose();
            base.Dispose(disposing);
        }
    }
}
