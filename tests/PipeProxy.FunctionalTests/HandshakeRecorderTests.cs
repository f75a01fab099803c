using AlbSimulator;
using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Telemetry;
using PipeProxy.Testing;
using TlsVersions = PipeProxy.Testing.TlsVersions;

namespace PipeProxy.FunctionalTests;

/// <summary>A failure of TLS tells what its handshake showed: in the log, in the snapshot, and to the client where it may know.</summary>
public sealed class HandshakeRecorderTests
{
    [Theory]
    [InlineData(TlsVersions.Tls12, "TLS 1.2")]
    [InlineData(TlsVersions.Tls13, "TLS 1.3")]
    public async Task RefusedCertificate_TellsItsHandshake(TlsVersions versions, string protocol)
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options(new PeerTls { Versions = versions }) with { AdvertiseCa = true });
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", certificate: TestCertificates.UnknownClient);

        var response = await proxy.GetAsync();

        Assert.Equal(522, response.StatusCode);
        Assert.Contains($"\"handshake\": \"{protocol}, TLS_", response.Text, StringComparison.Ordinal);
        Assert.Contains($"Handshake: {protocol}, TLS_", await proxy.WaitForLogAsync("An ALB calls that ClientCertUntrusted."), StringComparison.Ordinal);
        var tls = Assert.Single(proxy.Proxy.RecentFailures).Tls!;
        Assert.Equal((protocol, false, true), (tls.Protocol, tls.Resumed, tls.CertificateRequested));
        Assert.NotNull(tls.Cipher);
        Assert.NotNull(tls.Group);
        Assert.Equal(TestCertificates.UnknownClient.Certificate.Subject, tls.PresentedChain[0].Subject);
        Assert.Equal(TestCertificates.Server.Certificate.Subject, tls.OriginChain[0].Subject);

        // TLS 1.2 refuses before SslStream comes to judge the origin; TLS 1.3 encrypts which authorities it accepts.
        if (versions == TlsVersions.Tls12)
        {
            Assert.Equal([TestCertificates.Root.Certificate.Subject], tls.AcceptableIssuers);
            Assert.False(tls.IssuerAdvertised);
            Assert.Null(tls.OriginTrusted);
            Assert.Contains("none of them issued ours", tls.ToString(), StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(tls.AcceptableIssuers);
            Assert.True(tls.OriginTrusted);
            Assert.Contains("not known which authorities it accepts", tls.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AuthoritiesOfTls13_AreKnownOnceATrialHasSeenThem()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options(new PeerTls { Versions = TlsVersions.Tls13 }) with { AdvertiseCa = true });
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", certificate: TestCertificates.UnknownClient);
        Assert.Equal(RotationOutcome.RolledBack, (await proxy.RotateAsync(TestProxyCertificate.Issue(TestProxy.CertificateName, "CN=stranger", TestCertificates.OtherRoot))).Outcome);

        Assert.Equal(522, (await proxy.GetAsync()).StatusCode);

        Assert.Contains("it accepts certificates of: ", await proxy.WaitForLogAsync("Handshake: TLS 1.3"), StringComparison.Ordinal);
        var tls = Assert.Single(proxy.Proxy.RecentFailures, static failure => failure.Code == "tls_alert_received").Tls!;
        Assert.Equal([TestCertificates.Root.Certificate.Subject], tls.AcceptableIssuers);
        Assert.NotNull(tls.AcceptableIssuersSeen);
        Assert.False(tls.IssuerAdvertised);
    }

    [Theory]
    [InlineData(TlsVersions.Tls12)]
    [InlineData(TlsVersions.Tls13)]
    public async Task NginxThatRefusesInHttp_IsToldWithItsHandshake(TlsVersions versions)
    {
        await using var nginx = await NginxOrigin.StartAsync(new PeerTls { Versions = versions });
        await using var proxy = await TestProxy.StartAsync(nginx.Url, certificate: TestCertificates.UnknownClient);

        Assert.Equal(400, (await proxy.GetAsync()).StatusCode);

        await proxy.WaitForLogAsync("refuses it in HTTP");
        var tls = Assert.Single(proxy.Proxy.RecentFailures, static failure => failure.Code == "certificate_refused_in_http").Tls!;
        Assert.Equal((false, true, true), (tls.Resumed, tls.CertificateRequested, tls.OriginTrusted));
        Assert.NotNull(tls.Group);
        Assert.Equal(TestCertificates.Server.Certificate.Subject, tls.OriginChain[0].Subject);
        Assert.Equal(versions == TlsVersions.Tls12 ? [TestCertificates.Root.Certificate.Subject] : null, tls.AcceptableIssuers);
    }

    [Theory]
    [InlineData(TlsVersions.Tls12)]
    [InlineData(TlsVersions.Tls13)]
    public async Task OriginUnderAnotherRoot_TellsItsChainAndTheVerdict(TlsVersions versions)
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options(new PeerTls { Versions = versions, Certificate = TestCertificates.OtherRootServer }));
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{balancer.Port}", certificate: TestCertificates.Client);

        Assert.Equal(522, (await proxy.GetAsync()).StatusCode);

        await proxy.WaitForLogAsync("; not trusted.");
        var failure = Assert.Single(proxy.Proxy.RecentFailures);
        Assert.Equal((Outcome.TlsCertificateError.Name, false, failure.Detail), (failure.Code, failure.Tls!.OriginTrusted, failure.Tls.OriginProblem));
        Assert.Equal(TestCertificates.OtherRootServer.Certificate.Subject, failure.Tls.OriginChain[0].Subject);
    }

    [Fact]
    public async Task ClientInProduction_IsNotToldOfTheHandshake()
    {
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options());
        await using var proxy = await TestProxy.StartAsync(
            $"https://localhost:{balancer.Port}", certificate: TestCertificates.UnknownClient, configure: static config => config with { EnvironmentType = EnvironmentType.Production });

        var response = await proxy.GetAsync();

        Assert.Equal(522, response.StatusCode);
        Assert.DoesNotContain("handshake", response.Text, StringComparison.OrdinalIgnoreCase);
        await proxy.WaitForLogAsync("Handshake: TLS 1.");
    }

    [Fact]
    public async Task OriginThatNeverSpeaks_HasNoVersion()
    {
        await using var origin = await NginxOrigin.StartPlainAsync();
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{origin.Port}", certificate: TestCertificates.Client);

        Assert.Equal(522, (await proxy.GetAsync()).StatusCode);

        await proxy.WaitForLogAsync("no version agreed on, as no ServerHello came; to be presented: CN=");
    }
}
