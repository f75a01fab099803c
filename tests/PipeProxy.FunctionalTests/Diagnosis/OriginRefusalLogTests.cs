using AlbSimulator;
using PipeProxy.Testing;
using TlsVersions = PipeProxy.Testing.TlsVersions;

namespace PipeProxy.FunctionalTests.Diagnosis;

/// <summary>An answer that may be about the certificate although TLS ended well is explained in the log, once; the client gets it as it came.</summary>
public sealed class OriginRefusalLogTests
{
    [Theory]
    [InlineData(MutualTlsMode.Verify, "The origin asked for a client certificate, got 'client-certificate' (CN=client) and did not refuse it in TLS; the 403 comes from behind. Look at AWS WAF and the listener's rules (verify mode), or at the target's own check (passthrough)")]
    [InlineData(MutualTlsMode.Passthrough, "The origin asked for a client certificate, got 'client-certificate' (CN=client) and did not refuse it in TLS")]
    [InlineData(MutualTlsMode.Off, "The origin never asked for a client certificate, so 'client-certificate' (CN=client) was not sent")]
    public async Task Forbidden_IsExplainedInTheLog(MutualTlsMode mode, string told)
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options() with { Mode = mode });
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", certificate: TestCertificates.Client);

        var response = await proxy.GetAsync("/status/403");

        Assert.Equal((403, null), (response.StatusCode, response["Proxy-Status"]));
        var line = await proxy.WaitForLogAsync(told);
        Assert.Contains($"403 from https://localhost:{balancer.Port}, request ", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TlsVersions.Tls12)]
    [InlineData(TlsVersions.Tls13)]
    public async Task NginxThatRefusesInHttp_IsExplainedInTheLog(TlsVersions versions)
    {
        await using var nginx = await NginxOrigin.StartAsync(new PeerTls { Versions = versions });
        await using var proxy = await TestProxy.StartAsync(nginx.Url, certificate: TestCertificates.UnknownClient);

        var response = await proxy.GetAsync();

        Assert.Equal(400, response.StatusCode);
        await proxy.WaitForLogAsync("The origin (nginx) asked for a client certificate, got 'client-certificate' (CN=unknown), did not refuse it in TLS, and refuses it in HTTP.");
    }

    [Fact]
    public async Task OtherBadRequest_IsNotBlamedOnTheCertificate()
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, certificate: TestCertificates.Client);

        var response = await proxy.GetAsync("/status/400");
        await proxy.Proxy.StopAsync();

        Assert.Equal(400, response.StatusCode);
        Assert.Empty(proxy.Proxy.RecentFailures);
    }

    [Fact]
    public async Task WithoutACertificate_A403IsNobodysBusiness()
    {
        await using var nginx = await NginxOrigin.StartAsync(new PeerTls { Verification = ClientVerification.Off });
        await using var proxy = await TestProxy.StartAsync(nginx.Url);

        await proxy.GetAsync("/status/403");
        await proxy.Proxy.StopAsync();

        Assert.Empty(proxy.Proxy.RecentFailures);
    }

    [Fact]
    public async Task RepeatedRefusals_AreCountedInTheSnapshot()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", certificate: TestCertificates.UnknownClient);
        for (var i = 0; i < 5; i++)
        {
            await proxy.GetAsync();
        }

        await proxy.Proxy.StopAsync();

        var failure = Assert.Single(proxy.Proxy.RecentFailures);
        Assert.Equal(($"https://localhost:{balancer.Port}", "client-certificate", "tls_alert_received", (byte?)48, 5L), (failure.Origin, failure.Certificate, failure.Code, failure.Alert, failure.Count));
        Assert.Contains("unknown_ca", failure.Detail, StringComparison.Ordinal);
        Assert.NotNull(failure.Next);
        Assert.Contains("unknown_ca", Assert.Single(proxy.LogLines, static line => line.Contains(" tls_alert_received at ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
