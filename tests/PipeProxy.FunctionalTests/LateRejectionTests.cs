using AlbSimulator;
using PipeProxy.Configuration;
using PipeProxy.Testing;
using PeerVersions = PipeProxy.Testing.TlsVersions;

namespace PipeProxy.FunctionalTests;

/// <summary>The origin's refusal is read although a request body is on its way and the origin has long closed.</summary>
public sealed class LateRejectionTests
{
    private const int Rounds = 30;

    private static readonly string Upload = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" + new string('u', 65536);

    public static MatrixTheoryData<RejectStyle, PeerVersions, TestBuffers> Styles { get; } = new(
        Enum.GetValues<RejectStyle>(), [PeerVersions.Tls12, PeerVersions.Tls13], Enum.GetValues<TestBuffers>());

    public static MatrixTheoryData<OriginKind, PeerVersions> AlertingOrigins { get; } = new(
        [OriginKind.Haproxy, OriginKind.Openssl, OriginKind.Simulator], [PeerVersions.Tls12, PeerVersions.Tls13]);

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task AlertRacesAnUpload_IsStillTheVerdict(OriginKind kind, PeerVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);

        // Without its breaker, which would leave such an origin alone after some rounds.
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.UnknownClient, configure: config => config with
        {
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = new() { Pool = new PoolConfig { Breaker = new BreakerConfig { Refusals = 0 } } } },
        });
        for (int round = 0; round < Rounds; round++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(Upload, whole: true);

            var response = await client.ReadResponseAsync();

            Assert.Equal(522, response.StatusCode);
            Assert.Contains("error=tls_alert_received; alert-id=48; alert-message=\"unknown_ca\"", response["Proxy-Status"], StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Styles))]
    public async Task EachStyleOfRejection_HasItsOutcome(RejectStyle style, PeerVersions versions, TestBuffers buffers)
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options(new PeerTls { Versions = versions }) with { RejectStyle = style });
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", buffers, TestCertificates.UnknownClient);
        string expected = style is RejectStyle.Alert or RejectStyle.LateAlert ? "error=tls_alert_received; alert-id=48;" : "error=connection_terminated";
        for (int round = 0; round < 8; round++)
        {
            using var client = await proxy.ConnectAsync();
            await client.SendAsync(round % 2 == 0 ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n" : Upload, whole: true);

            var response = await client.ReadResponseAsync();

            Assert.Equal(522, response.StatusCode);
            Assert.Contains(expected, response["Proxy-Status"], StringComparison.Ordinal);
        }

        Assert.Equal(0, balancer.Requests);

        // Each request had one connection: a refusal is never tried again.
        Assert.Equal(8, balancer.Connections);
    }

    [Fact]
    public async Task InProduction_TheClientLearnsTheErrorOnly()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await using var proxy = await TestProxy.StartAsync(
            $"https://localhost:{balancer.Port}",
            certificate: TestCertificates.UnknownClient,
            configure: static config => config with { EnvironmentType = EnvironmentType.Production });

        var response = await proxy.GetAsync();

        Assert.Equal((522, "pipeproxy; error=tls_alert_received"), (response.StatusCode, response["Proxy-Status"]));
        Assert.DoesNotContain("unknown_ca", response.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("localhost", response.Text, StringComparison.Ordinal);
        await proxy.WaitForLogAsync("unknown_ca");
    }
}
