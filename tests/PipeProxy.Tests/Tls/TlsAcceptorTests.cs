using System.Net.Security;
using System.Security.Authentication;
using PipeProxy.Telemetry;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Tls;

public sealed class TlsAcceptorTests : IDisposable
{
    private const int RoundTrips = 2000;

    private static readonly TestAuthority Authority = new();

    private readonly HandshakeWorkers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("a.test", "CN=a")]
    [InlineData("x.wild.test", "CN=wild")]
    [InlineData("unheard.test", "CN=a")]
    public async Task Certificate_IsChosenByName(string serverName, string subject)
    {
        var options = new TlsServerOptions([ContextOf("a", "a.test"), ContextOf("wild", "*.wild.test")], TimeSpan.FromSeconds(30));

        Assert.Equal(subject, options.For(serverName).ServerCertificateContext!.TargetCertificate.Subject);
        await using var loops = new TestLoops(2);
        var (client, failure) = await ClientResultAsync(loops, options, serverName);
        Assert.True(failure is null || failure.Detail.Contains("is for a.test", StringComparison.Ordinal));
        Assert.Equal(serverName != "unheard.test", client is not null);
    }

    [Fact]
    public async Task ClientDoesNotTrustUs_ItsAlertIsAFailure()
    {
        await using var loops = new TestLoops();
        var options = new TlsServerOptions([ContextOf("a", "a.test")], TimeSpan.FromSeconds(30), SslProtocols.Tls12);
        var accepted = new TaskCompletionSource<Task<TlsResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var listener = await loops.ListenAsync(socket => accepted.SetResult(new TlsAcceptor(_workers).AcceptAsync(socket, options).AsTask()));

        // An SslStream sends no alert when it does not trust a certificate; OpenSSL does.
        using var client = OpensslServer.StartClient(listener.LocalEndPoint);
        var result = await (await accepted.Task.WaitAsync(TimeSpan.FromSeconds(60))).WaitAsync(TimeSpan.FromSeconds(60));
        await client.WaitForExitAsync();

        Assert.Null(result.Connection);
        Assert.Same(Outcome.TlsAlertReceived, result.Failure!.Outcome);
        Assert.Equal((byte)48, result.Failure.Alert);
        Assert.StartsWith("The client 127.0.0.1:", result.Failure.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, false)]
    [InlineData(SslProtocols.Tls13, true)]
    public async Task PingPong_AllocatesNothing(SslProtocols protocol, bool wait)
    {
        await using var loops = new TestLoops(2);
        var options = new TlsServerOptions([ContextOf("a", "a.test")], TimeSpan.FromSeconds(30), protocol);
        var (client, server) = await HandshakeAsync(loops, options, new TlsClientOptions { ServerName = "a.test", TrustedRoots = Authority.Roots });
        var echoing = TestLoops.RunAsync(loops[1], () => EchoAsync(server.Connection!));
        var (ours, theirs) = await loops.RunAsync(async () =>
        {
            var (ping, buffer) = (new byte[1024], new byte[4096]);
            await RoundTripsAsync(client.Connection!, ping, buffer, wait, RoundTrips);
            var peerBefore = await AllocatedOnAsync(loops[1], loops[0]);
            var before = GC.GetAllocatedBytesForCurrentThread();
            await RoundTripsAsync(client.Connection!, ping, buffer, wait, RoundTrips);
            var after = GC.GetAllocatedBytesForCurrentThread();
            var peerAfter = await AllocatedOnAsync(loops[1], loops[0]);
            client.Connection!.Close();
            return (after - before, peerAfter - peerBefore);
        });

        Assert.Equal(IoStatus.End, await echoing);

        // What remains is the measurement's own: the call of RoundTripsAsync suspends once (its box), on the peer the hop to its loop and back. Per round trip it is nothing.
        TestContext.Current.TestOutputHelper?.WriteLine($"{ours} and {theirs} bytes in {RoundTrips} round trips");
        Assert.Equal((0, 0), (ours / RoundTrips, theirs / RoundTrips));
    }

    [Fact]
    public async Task ManyConnections_AllocateOnlyAtTheFirstSuspension()
    {
        const int Connections = 64;
        const int Each = 200;
        await using var loops = new TestLoops(2);
        var options = new TlsServerOptions([ContextOf("a", "a.test")], TimeSpan.FromSeconds(30), SslProtocols.Tls13);
        var clients = new List<SecuredStream>();
        var echoes = new List<Task<IoStatus>>();
        for (var i = 0; i < Connections; i++)
        {
            var (client, server) = await HandshakeAsync(loops, options, new TlsClientOptions { ServerName = "a.test", TrustedRoots = Authority.Roots, HandshakeTimeout = TimeSpan.FromSeconds(30) });
            clients.Add(client.Connection!);
            echoes.Add(TestLoops.RunAsync(loops[1], () => EchoAsync(server.Connection!)));
        }

        var allocated = await loops.RunAsync(async () =>
        {
            var (ping, buffers) = (new byte[1024], clients.Select(static _ => new byte[4096]).ToArray());
            await Task.WhenAll(clients.Select((client, i) => RoundTripsAsync(client, ping, buffers[i], true, Each)));
            var before = GC.GetAllocatedBytesForCurrentThread();
            await Task.WhenAll(clients.Select((client, i) => RoundTripsAsync(client, ping, buffers[i], true, Each)));
            var after = GC.GetAllocatedBytesForCurrentThread();
            clients.ForEach(static client => client.Close());
            return after - before;
        });

        await Task.WhenAll(echoes);
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated} bytes in {Connections * Each} round trips");

        // Once per connection, when the first read of the second run suspends: RoundTripsAsync's own box and the two of SslStream, which keeps one of a kind per thread. The number of round trips does not change it.
        Assert.InRange(allocated, 0, Connections * 512);
    }

    private static async Task<long> AllocatedOnAsync(EventLoop loop, EventLoop home)
    {
        await loop.Enter();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        await home.Enter();
        return allocated;
    }

    private static SslStreamCertificateContext ContextOf(string subject, string dnsName) => Authority.Context(Authority.Issue(subject, TestAuthority.ServerAuth, dnsName));

    private static async Task RoundTripsAsync(SecuredStream connection, byte[] ping, byte[] buffer, bool wait, int count)
    {
        for (var i = 0; i < count; i++)
        {
            connection.Write(ping);
            await connection.FlushAsync();
            if (wait)
            {
                await connection.ReadAsync(Memory<byte>.Empty);
            }

            for (var read = 0; read < ping.Length;)
            {
                var result = await connection.ReadAsync(buffer);
                if (!result.IsOk)
                {
                    throw new InvalidOperationException(result.ToString());
                }

                read += result.Bytes;
            }
        }
    }

    private static async Task<IoStatus> EchoAsync(SecuredStream connection)
    {
        var buffer = new byte[4096];
        while (true)
        {
            var read = await connection.ReadAsync(buffer);
            if (!read.IsOk)
            {
                return read.Status;
            }

            connection.Write(buffer.AsMemory(0, read.Bytes));
            await connection.FlushAsync();
        }
    }

    private async Task<(SecuredStream? Connection, Failure? Failure)> ClientResultAsync(TestLoops loops, TlsServerOptions options, string serverName)
    {
        var (client, _) = await HandshakeAsync(loops, options, new TlsClientOptions { ServerName = serverName, TrustedRoots = Authority.Roots });
        return (client.Connection, client.Failure);
    }

    private async Task<(TlsResult Client, TlsResult Server)> HandshakeAsync(TestLoops loops, TlsServerOptions options, TlsClientOptions clientOptions)
    {
        var (ours, peer) = await loops.PairAsync();
        var accepting = TestLoops.RunAsync(loops[1], async () => await new TlsAcceptor(_workers).AcceptAsync(peer, options));
        var client = await loops.RunAsync(async () => await new TlsConnector(_workers).ConnectAsync(ours, clientOptions));
        return (client, await accepting);
    }
}
