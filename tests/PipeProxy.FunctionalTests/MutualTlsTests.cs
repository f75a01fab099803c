using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>What origins of four makers say to a client certificate reaches the client as it was meant.</summary>
public sealed class MutualTlsTests
{
    private static readonly TestProxyClock WhenTheExpiredWereGood = new(TimeSpan.FromDays(-45));

    public static MatrixTheoryData<OriginKind, TlsVersions, TestBuffers> EveryOrigin { get; } = new(
        Enum.GetValues<OriginKind>(), [TlsVersions.Tls12, TlsVersions.Tls13], Enum.GetValues<TestBuffers>());

    public static MatrixTheoryData<OriginKind, TlsVersions> AlertingOrigins { get; } = new(
        [OriginKind.Haproxy, OriginKind.Openssl, OriginKind.Simulator], [TlsVersions.Tls12, TlsVersions.Tls13]);

    [Theory]
    [MemberData(nameof(EveryOrigin))]
    public async Task GoodChainWithIntermediate_IsServedUnderItsSubject(OriginKind kind, TlsVersions versions, TestBuffers buffers)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers, TestCertificates.Client);

        var response = await proxy.GetAsync();

        Assert.Equal((200, "CN=client"), (response.StatusCode, origin.SubjectSeenIn(response)));
    }

    [Theory]
    [InlineData(OriginKind.Nginx)]
    [InlineData(OriginKind.Haproxy)]
    [InlineData(OriginKind.Simulator)]
    public async Task EcdsaChain_IsServedUnderItsSubject(OriginKind kind)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, TlsVersions.Both);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.EcdsaClient);

        var response = await proxy.GetAsync();

        Assert.Equal((200, "CN=client-ecdsa"), (response.StatusCode, origin.SubjectSeenIn(response)));
    }

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task UnknownAuthority_Is522WithTheAlert(OriginKind kind, TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.UnknownClient);

        AssertAlert(await proxy.GetAsync(), 48, "unknown_ca");
    }

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task ExpiredInTheOriginsEyes_Is522WithTheAlert(OriginKind kind, TlsVersions versions)
    {
        // By its own clock the proxy has no reason to hold the certificate back.
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.ExpiredClient, time: WhenTheExpiredWereGood);

        AssertAlert(await proxy.GetAsync(), 45, "certificate_expired");
    }

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task NoCertificate_Is522WithTheAlert(OriginKind kind, TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);
        await using var proxy = await TestProxy.StartAsync(origin.Url);

        var response = await proxy.GetAsync();

        // RFC 8446 section 4.4.2.4 brought certificate_required; before, RFC 5246 section 7.4.6 had handshake_failure.
        AssertAlert(response, versions == TlsVersions.Tls12 ? 40 : 116, versions == TlsVersions.Tls12 ? "handshake_failure" : "certificate_required");
    }

    [Theory]
    [InlineData(TlsVersions.Tls12)]
    [InlineData(TlsVersions.Tls13)]
    public async Task NginxOn_AnswersBadAndMissingCertificatesWithA400ThatPassesThrough(TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(OriginKind.Nginx, versions);
        foreach (var (certificate, time) in new[] { (TestCertificates.UnknownClient, null), (TestCertificates.ExpiredClient, WhenTheExpiredWereGood), (null, null) })
        {
            await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: certificate, time: time);

            var response = await proxy.GetAsync();

            Assert.Equal((400, null), (response.StatusCode, response["Proxy-Status"]));
            Assert.Contains("SSL certificate", response.Text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData(TlsVersions.Tls12)]
    [InlineData(TlsVersions.Tls13)]
    public async Task NginxOptional_ServesACallerWithoutACertificate(TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(OriginKind.NginxOptional, versions);
        await using var proxy = await TestProxy.StartAsync(origin.Url);

        var response = await proxy.GetAsync();

        Assert.Equal((200, "NONE"), (response.StatusCode, response["X-Client-Verify"]));
    }

    [Fact]
    public async Task ExpiredCertificate_IsNeverSentToTheOrigin()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", new ByteOriginTls());
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.ExpiredClient);

        var response = await proxy.GetAsync();

        Assert.Equal(522, response.StatusCode);
        Assert.Contains("error=proxy_configuration_error", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains("expired", response.Text, StringComparison.Ordinal);
        Assert.Empty(origin.Connections);
    }

    [Theory]
    [InlineData(false, 200)]
    [InlineData(true, 522)]
    public async Task OriginThatAsksForNoCertificate_IsRefusedOnlyWhereOneMustBeAskedFor(bool required, int status)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", new ByteOriginTls { RequestClientCertificate = false });
        await using var proxy = await TestProxy.StartAsync(
            origin.Url,
            certificate: TestCertificates.Client,
            configure: config => config with { Upstreams = new Dictionary<string, Configuration.UpstreamConfig> { [origin.Url] = new() { RequireCertificateRequest = required } } });

        var response = await proxy.GetAsync();

        Assert.Equal(status, response.StatusCode);
        if (required)
        {
            Assert.Contains("error=proxy_configuration_error", response["Proxy-Status"], StringComparison.Ordinal);
            Assert.Contains("asked for no", response.Text, StringComparison.Ordinal);
            Assert.Equal("", (await origin.WaitForConnectionAsync()).Received);
        }
    }

    private static void AssertAlert(RawResponse response, int number, string name)
    {
        Assert.Equal((522, "Origin Connection Failed"), (response.StatusCode, response.Reason));
        Assert.Contains($"error=tls_alert_received; alert-id={number}; alert-message=\"{name}\"", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Equal("application/problem+json", response["Content-Type"]);
    }
}
