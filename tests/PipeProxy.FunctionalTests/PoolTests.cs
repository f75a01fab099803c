using AlbSimulator;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Testing;
using PeerVersions = PipeProxy.Testing.TlsVersions;

namespace PipeProxy.FunctionalTests;

/// <summary>Connections are opened, kept and ended when the settings and the origin say so, counted at the origin.</summary>
public sealed class PoolTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task MinIdle_ConnectionsAreThereBeforeTheFirstRequest()
    {
        await using var origin = ByteOrigin.Answering(Ok, new ByteOriginTls());
        await using var proxy = await StartAsync(origin.Url, new PoolConfig { MinIdle = 2 }, new FakeTimeProvider(DateTimeOffset.UtcNow));
        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Unconfirmed: 2 }]);
        Assert.All(origin.Connections, static connection => Assert.Equal("", connection.Received));

        Assert.Equal("ok", (await proxy.GetAsync()).Text);

        Assert.Equal(2, origin.Connections.Count);
        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Busy: 0, Idle: 1, Unconfirmed: 1 }]);
    }

    [Fact]
    public async Task MinIdle_AtAnOriginThatRefusesLate_IsAFailureThatShowsAndNothingElse()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options(new PeerTls { Versions = PeerVersions.Tls13 }));
        await using var proxy = await StartAsync($"https://localhost:{balancer.Port}", new PoolConfig { MinIdle = 1 }, time, TestCertificates.UnknownClient);
        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ LastFailure.Alert: 48, RefusalsInARow: 1 }]);

        await proxy.WaitForLogAsync("can be opened ahead (pool.minIdle)");
        Assert.Equal(1, balancer.Connections);
        time.Advance(TimeSpan.FromSeconds(2.1));
        await Until.HoldsAsync(() => balancer.Connections == 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HandshakesOverTheRate_Are503WhenTheirTurnIsTooFar(bool ofTheOrigin)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", new ByteOriginTls());
        PoolConfig pool = new() { HandshakesPerSecond = ofTheOrigin ? 1 : null, QueueTimeout = TimeSpan.FromMilliseconds(500) };
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.Client, time: new FakeTimeProvider(DateTimeOffset.UtcNow), configure: config => config with
        {
            Limits = config.Limits with { OriginHandshakesPerSecond = ofTheOrigin ? null : 1, OriginHandshakes = 1 },
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = new() { Pool = pool } },
        });
        Assert.Equal(200, (await proxy.GetAsync()).StatusCode);

        var second = await proxy.GetAsync();

        Assert.Equal(503, second.StatusCode);
        Assert.Contains("error=connection_limit_reached", second["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains(ofTheOrigin ? "pool.handshakesPerSecond" : "limits.originHandshakesPerSecond", second.Text, StringComparison.Ordinal);
        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData("Connection: close\r\n", false)]
    [InlineData("Keep-Alive: timeout=0\r\n", false)]
    [InlineData("Keep-Alive: timeout=5, max=100\r\n", true)]
    [InlineData("", true)]
    public async Task OriginsWord_DecidesWhetherAConnectionIsUsedAgain(string field, bool reused)
    {
        await using var origin = ByteOrigin.Answering($"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{field}\r\nok");
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1);

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("ok", (await proxy.GetAsync()).Text);
        }

        Assert.Equal(reused ? 1 : 3, origin.Connections.Count);
    }

    [Fact]
    public async Task KeepAliveTimeoutOfTheOrigin_IsUndercutByASecond()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\n\r\nok");
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1, time: time);
        await proxy.GetAsync();
        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Idle: 1 }]);

        time.Advance(TimeSpan.FromSeconds(4.1));

        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Idle: 0 }]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RequestOverACertificateThatWasReplaced_IsCutAtTheDrainsEnd(bool answerBegan)
    {
        await using var origin = ByteOrigin.Start(
            async connection =>
            {
                await connection.ReadHeadAsync();
                if (answerBegan)
                {
                    await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
                }

                await connection.StallAsync();
            },
            new ByteOriginTls());
        await using var proxy = await StartAsync(origin.Url, new PoolConfig { DrainTimeout = TimeSpan.FromMilliseconds(300) });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", whole: true);
        await Until.HoldsAsync(() => origin.Connections is [var only] && only.Received.EndsWith("\r\n\r\n", StringComparison.Ordinal));
        if (answerBegan)
        {
            await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Busy: 1 }]);
        }

        proxy.Certificates.Set(TestProxyCertificate.Issue(TestProxy.CertificateName, "CN=new"));

        if (answerBegan)
        {
            Assert.Equal(ConnectionEnd.Reset, (await client.ReadToEndAsync()).End);
        }
        else
        {
            var response = await client.ReadResponseAsync();
            Assert.Equal(522, response.StatusCode);
            Assert.Contains("error=connection_terminated", response["Proxy-Status"], StringComparison.Ordinal);
            Assert.Contains("was changed or removed", response.Text, StringComparison.Ordinal);
        }

        await Until.HoldsAsync(() => proxy.Proxy.Pools.All(static pool => !pool.Retired));

        // Others were trials of the new certificate, without a request.
        Assert.Single(origin.Connections, static connection => connection.Received.Length > 0);
    }

    [Fact]
    public async Task IdempotentRequestOverACertificateThatWasReplaced_GoesOnceMoreUnderTheNewOne()
    {
        await using var origin = ByteOrigin.Start(
            static async connection =>
            {
                await connection.ReadHeadAsync();
                await connection.WriteAsync(Ok);
                await connection.ReadHeadAsync();
                await connection.StallAsync();
            },
            new ByteOriginTls());
        await using var proxy = await StartAsync(origin.Url, new PoolConfig { DrainTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal("ok", (await proxy.GetAsync("/1")).Text);
        var second = proxy.GetAsync("/2");
        await Until.HoldsAsync(() => origin.Connections[0].Received.Contains("/2", StringComparison.Ordinal));

        proxy.Certificates.Set(TestProxyCertificate.Issue(TestProxy.CertificateName, "CN=new"));

        Assert.Equal("ok", (await second).Text);
        Assert.Equal(["CN=client", "CN=new"], origin.Connections.Where(static connection => connection.Received.Length > 0).Select(static connection => connection.ClientSubject));
    }

    [Fact]
    public async Task AddressesOfANameAreAllUsed_AndThoseThatAReloadTakesAwayAreLeft()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var proxy = await TestProxy.StartAsync(
            $"http://origin.example:{origin.Port}",
            loops: 1,
            configure: static config => config with { Resolve = new Dictionary<string, IReadOnlyList<string>> { ["origin.example"] = ["::1", "127.0.0.1"] } });
        Assert.Equal("ok", (await proxy.GetAsync()).Text);
        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Idle: 1 }]);

        Assert.True((await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Resolve = new Dictionary<string, IReadOnlyList<string>> { ["origin.example"] = ["127.0.0.9"] } })).Applied);

        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Idle: 0 }]);
    }

    private static Task<TestProxy> StartAsync(string origin, PoolConfig pool, TimeProvider? time = null, TestCertificate? certificate = null)
        => TestProxy.StartAsync(origin, certificate: certificate ?? TestCertificates.Client, loops: 1, time: time, configure: config => config with
        {
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin] = new() { Pool = pool } },
        });
}
