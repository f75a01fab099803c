using AlbSimulator;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Testing;
using PipeProxy.Upstream;
using PeerVersions = PipeProxy.Testing.TlsVersions;

namespace PipeProxy.FunctionalTests;

/// <summary>An origin that refuses every certificate is left alone after a while, and whoever asks meanwhile learns why; nothing else has that effect.</summary>
public sealed class BreakerTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    public static MatrixTheoryData<RejectStyle, PeerVersions> Styles { get; } = new(Enum.GetValues<RejectStyle>(), [PeerVersions.Tls12, PeerVersions.Tls13]);

    [Theory]
    [MemberData(nameof(Styles))]
    public async Task TenRefusals_EachTellTheirOwn_ThenComes503WithTheCause(RejectStyle style, PeerVersions versions)
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options(new PeerTls { Versions = versions }) with { RejectStyle = style });
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", certificate: TestCertificates.UnknownClient, time: time);
        using var client = await proxy.ConnectAsync();
        var last = "";
        for (int i = 0; i < 10; i++)
        {
            var refused = await client.ExchangeAsync(Get, whole: true);
            Assert.Equal(522, refused.StatusCode);
            last = refused["Proxy-Status"];
        }

        var left = await client.ExchangeAsync(Get, whole: true);

        Assert.Equal((503, "5"), (left.StatusCode, left["Retry-After"]));
        Assert.Contains("error=destination_unavailable", left["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains("after 10 refusals in a row", left.Text, StringComparison.Ordinal);
        if (style is RejectStyle.Alert or RejectStyle.LateAlert)
        {
            Assert.Contains("alert-id=48", last, StringComparison.Ordinal);
            Assert.Contains("unknown_ca", left.Text, StringComparison.Ordinal);
            Assert.Contains("trust store", left.Text, StringComparison.Ordinal);
        }

        Assert.Equal(10, balancer.Connections);
        var pool = Assert.Single(proxy.Proxy.Pools);
        Assert.Equal((BreakerState.Open, 10, TestProxy.CertificateName), (pool.Breaker, pool.RefusalsInARow, pool.Certificate));

        // Half open: one is tried, and it tells its own.
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(522, (await client.ExchangeAsync(Get, whole: true)).StatusCode);
        Assert.Equal(503, (await client.ExchangeAsync(Get, whole: true)).StatusCode);
        Assert.Equal(11, balancer.Connections);
    }

    [Fact]
    public async Task AnotherCertificateUnderTheName_StartsFresh()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        var origin = $"https://localhost:{balancer.Port}";
        await using var proxy = await TestProxy.StartAsync(origin, certificate: TestCertificates.UnknownClient, configure: config => config with
        {
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin] = new() { Pool = new PoolConfig { Breaker = new BreakerConfig { Refusals = 2, OpenTime = TimeSpan.FromHours(1) } } } },
        });
        Assert.Equal(522, await StatusAsync());
        Assert.Equal(522, await StatusAsync());
        Assert.Equal(503, await StatusAsync());

        await proxy.RotateAsync(TestProxy.Named(TestProxy.CertificateName, TestCertificates.Client));

        Assert.Equal(200, await StatusAsync());

        async Task<int> StatusAsync() => (await proxy.GetAsync()).StatusCode;
    }

    [Fact]
    public async Task StatusesOfTheOrigin_NeverOpenIt()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", new ByteOriginTls());
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.Client);

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(500, (await proxy.GetAsync()).StatusCode);
        }

        Assert.Equal(20, origin.Connections.Count);
        Assert.All(proxy.Proxy.Pools, static pool => Assert.Equal((BreakerState.Closed, 0), (pool.Breaker, pool.RefusalsInARow)));
    }

    [Fact]
    public async Task ClosedPort_NeverOpensIt()
    {
        using ClosedPort closed = new();
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{closed.Port}", certificate: TestCertificates.Client);

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(522, (await proxy.GetAsync()).StatusCode);
        }

        Assert.Equal("connection_refused", Assert.Single(proxy.Proxy.Pools).LastFailure!.Code);
    }

    [Fact]
    public async Task CrowdAtAnOriginThatRefuses_CostsItTenHandshakesAndAllLearnTheAlert()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", certificate: TestCertificates.UnknownClient, time: new FakeTimeProvider(DateTimeOffset.UtcNow));
        Assert.Equal(522, (await proxy.GetAsync()).StatusCode);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => proxy.GetAsync()));

        Assert.All(answers, static answer =>
        {
            Assert.Contains(answer.StatusCode, (int[])[522, 503]);
            Assert.Contains("unknown_ca", answer.Text, StringComparison.Ordinal);
        });
        Assert.InRange(balancer.Connections, 2, 10);
    }
}
