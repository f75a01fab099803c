using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Testing;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

/// <summary>A pool on real loops and loopback sockets, under a clock that the test moves; its handshakes end at once (<see cref="StubTls"/>) unless the test says otherwise.</summary>
internal sealed class PoolBench : IAsyncDisposable
{
    private readonly HandshakeWorkers _workers = new();
    private readonly List<ByteOrigin> _origins = [];
    private readonly Dictionary<string, ClientCertificate> _certificates = [];

    internal PoolBench(int loops = 1, OriginHandshake? handshake = null, Func<string, Task<IPAddress[]>>? ask = null)
    {
        Loops = new TestLoops(loops, Time);
        Metrics = new ProxyMetrics(loops, Time);
        Resolver = new OriginResolver(new Dictionary<string, IReadOnlyList<string>>(), TimeSpan.FromSeconds(30), Time, ask);
        Pool = new UpstreamPool(
            [.. Enumerable.Range(0, loops).Select(i => Loops[i])],
            new UpstreamDialer(Resolver, new TlsConnector(_workers, handshake ?? StubTls.HandshakeAsync)),
            Metrics,
            Time,
            logger: Log);
    }

    internal FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    internal TestLoops Loops { get; }

    internal ProxyMetrics Metrics { get; }

    internal OriginResolver Resolver { get; }

    internal UpstreamPool Pool { get; }

    internal KeptLog Log { get; } = new();

    /// <summary>An origin that says nothing by itself.</summary>
    internal ByteOrigin SilentOrigin()
    {
        var origin = ByteOrigin.Start(static connection => connection.StallAsync());
        _origins.Add(origin);
        return origin;
    }

    /// <summary>A target under the certificate "alice".</summary>
    internal UpstreamTarget Target(int port, PoolConfig? config = null, string scheme = "https", string host = "127.0.0.1")
    {
        _certificates.TryAdd("alice", TestProxyCertificate.Issue("alice", "CN=alice"));
        var upstream = new UpstreamConfig { Pool = config ?? new PoolConfig() };
        return new UpstreamTarget(scheme, host, port, $"{host}:{port}", scheme == "https" ? "alice" : null, upstream, Bind(port, upstream, scheme, host));
    }

    /// <summary>Binds again, as a reload does.</summary>
    internal UpstreamBinding Bind(int port, UpstreamConfig upstream, string scheme = "https", string host = "127.0.0.1", TimeSpan? handshakeTimeout = null)
        => Pool.Bind(scheme, host, port, scheme == "https" ? "alice" : null, upstream, new UpstreamTrust(null, "", handshakeTimeout ?? TimeSpan.FromSeconds(5)), new CertificateSet(_certificates, []), EnvironmentType.Development);

    internal Task<UpstreamLease> RentAsync(UpstreamTarget target, int loop = 0, bool fresh = false)
        => TestLoops.RunAsync(Loops[loop], async () => await Pool.RentAsync(target, fresh));

    /// <summary>Runs on the loop.</summary>
    internal Task OnLoopAsync(Action body, int loop = 0) => TestLoops.RunAsync(Loops[loop], () =>
    {
        body();
        return Task.FromResult(0);
    });

    /// <summary>Moves the clock, by a tick or more, and gives what is to be seen when the first loop has looked at its deadlines (see <see cref="TestLoops.LookAsync"/>).</summary>
    internal Task<T> AdvanceAsync<T>(TimeSpan time, Func<T> seen)
    {
        Time.Advance(time);
        return TestLoops.LookAsync(Loops[0], seen);
    }

    /// <summary>Sends a request's bytes and waits for the answer's first, as a forwarder does.</summary>
    internal Task<Failure?> ExchangeAsync(UpstreamConnection connection, bool thenReturn = true) => TestLoops.RunAsync(connection.Loop, async () =>
    {
        await connection.Output.WriteAsync(Encoding.ASCII.GetBytes("?"));
        var read = await connection.ReadAsync();
        if (read.Buffer.IsEmpty)
        {
            var failure = connection.Describe();
            connection.Close(UpstreamCloseReason.Discarded);
            return failure;
        }

        connection.Confirm();
        connection.Input.AdvanceTo(read.Buffer.End);
        if (thenReturn)
        {
            connection.Return();
        }

        return null;
    });

    public async ValueTask DisposeAsync()
    {
        Pool.RetireAllBut([]);
        await Loops.DisposeAsync();
        foreach (var origin in _origins)
        {
            await origin.DisposeAsync();
        }

        _workers.Dispose();
        Metrics.Dispose();
    }
}
