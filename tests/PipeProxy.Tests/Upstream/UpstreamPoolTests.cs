using System.Net;
using System.Net.Sockets;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

public sealed class UpstreamPoolTests
{
    [Fact]
    public async Task TenThousandWaitersOnOneConnection_AreServedInOrderWithoutRecursion()
    {
        const int Waiters = 10_000;
        await using var loops = new TestLoops();
        using var workers = new HandshakeWorkers();
        using var metrics = new ProxyMetrics(1, TimeProvider.System);
        using var origin = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        origin.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        origin.Listen(10);
        var port = ((IPEndPoint)origin.LocalEndPoint!).Port;
        var resolver = new OriginResolver(new Dictionary<string, IReadOnlyList<string>>(), TimeSpan.FromSeconds(30), TimeProvider.System);
        var dialer = new UpstreamDialer(resolver, new TlsConnector(workers));
        var pool = new UpstreamPool([loops[0]], dialer, metrics, TimeProvider.System);
        var config = new UpstreamConfig { Pool = new PoolConfig { MaxConnections = 1, QueueTimeout = TimeSpan.FromMinutes(5) } };
        var binding = pool.Bind("http", "127.0.0.1", port, null, config, new UpstreamTrust(null, "", TimeSpan.FromSeconds(5)), CertificateSet.Empty, EnvironmentType.Development);
        var target = new UpstreamTarget("http", "127.0.0.1", port, $"127.0.0.1:{port}", null, config, binding);

        var served = new List<int>();
        await loops.RunAsync(() => Task.WhenAll(Enumerable.Range(0, Waiters).Select(async number =>
        {
            var lease = await pool.RentAsync(target, fresh: false);
            Assert.Null(lease.Failure);
            loops[0].AssertInside();
            served.Add(number);
            lease.Return();
        })));

        Assert.Equal(Enumerable.Range(0, Waiters), served);
        Assert.Equal(1, binding.Pool!.OpenConnections);
        await loops.RunAsync(() =>
        {
            pool.RetireAllBut([]);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task CertificateThatEndsInTheHandshake_IsNotLent()
    {
        PoolBench? bench = null;
        UpstreamTarget? target = null;
        await using var owned = bench = new PoolBench(handshake: (socket, options) =>
        {
            bench!.Time.SetUtcNow(target!.Binding.Certificate!.NotAfter.AddSeconds(1));
            return StubTls.HandshakeAsync(socket, options);
        });
        target = bench.Target(bench.SilentOrigin().Port);

        var lease = await bench.RentAsync(target);

        Assert.Equal(Outcome.CertificateUnusable, lease.Failure?.Outcome);
    }
}
