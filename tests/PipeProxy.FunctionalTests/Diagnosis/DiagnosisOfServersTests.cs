using PipeProxy.Diagnosis;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Diagnosis;

/// <summary>The same questions to servers of three makers: each refuses in its own way, and the diagnosis says how.</summary>
public sealed class DiagnosisOfServersTests
{
    public static MatrixTheoryData<OriginKind, TlsVersions> AlertingOrigins { get; } = new([OriginKind.Haproxy, OriginKind.Openssl], [TlsVersions.Tls12, TlsVersions.Tls13]);

    public static TheoryData<TlsVersions> Versions { get; } = new(TlsVersions.Tls12, TlsVersions.Tls13);

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task GoodChain_IsTaken(OriginKind kind, TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.Client));

        Assert.Equal((true, "accepted"), (report.Cause.Ok, report.Cause.Code));
        Assert.Equal((true, true), (report.CertificateRequested, report.CertificateRequired));
        Assert.Equal(versions == TlsVersions.Tls12 ? "TLS 1.2" : "TLS 1.3", report.WithCertificate!.Protocol);
        Assert.NotNull(report.WithCertificate.Group);
        Assert.Contains("CN=PipeProxy Test Root", report.AcceptableIssuers!);
        Assert.True(report.IssuerAdvertised);
    }

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task UnknownAuthority_IsRefusedWithTheAlert(OriginKind kind, TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.UnknownClient));

        Assert.Equal(("certificate_refused", AlbReason.ClientCertUntrusted), (report.Cause.Code, report.Cause.AlbReason));
        Assert.Contains($"with alert 48 (unknown_ca) {(versions == TlsVersions.Tls12 ? "in" : "after")} the handshake: it accepts certificates of CN=PipeProxy Test Root, and this one leads to CN=Unknown Root", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.True(report.OriginChain!.Trusted);
    }

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task ExpiredCertificate_IsRefusedWithTheAlert(OriginKind kind, TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, TestCertificates.ExpiredClient));

        Assert.Equal(("certificate_refused", AlbReason.ClientCertExpired, (byte?)45), (report.Cause.Code, report.Cause.AlbReason, report.Failure!.Alert));
    }

    [Theory]
    [MemberData(nameof(AlertingOrigins))]
    public async Task NoCertificate_IsDemanded(OriginKind kind, TlsVersions versions)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(origin.Url, certificate: null));

        Assert.Equal("certificate_required", report.Cause.Code);
        Assert.Equal(versions == TlsVersions.Tls12 ? (byte)40 : (byte)116, report.Failure!.Alert);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task NginxThatRequires_SaysSoInHttpOnly(TlsVersions versions)
    {
        await using var nginx = await NginxOrigin.StartAsync(new PeerTls { Versions = versions });

        var good = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(nginx.Url, TestCertificates.Client).ThatNeverRefuses());
        var stranger = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(nginx.Url, TestCertificates.UnknownClient).ThatNeverRefuses());
        var nobody = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(nginx.Url, certificate: null));

        Assert.Equal(("accepted", true), (good.Cause.Code, good.Cause.Ok));
        Assert.Equal((true, false), (good.CertificateRequested, good.CertificateRequired));
        Assert.Equal(("certificate_refused_in_http", false, 400), (stranger.Cause.Code, stranger.Cause.Ok, stranger.Answer!.Status));
        Assert.Contains("got 'aws-alb-cert' (CN=unknown), did not refuse it in TLS, and answers 400 \"The SSL certificate error\"", stranger.Cause.Sentence, StringComparison.Ordinal);
        Assert.Equal(AlbReason.ClientCertUntrusted, stranger.Cause.AlbReason);
        Assert.Equal(("certificate_required", false, 400), (nobody.Cause.Code, nobody.Cause.Ok, nobody.Answer!.Status));
        Assert.Contains("No required SSL certificate was sent", nobody.Answer.Excerpt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NginxThatDoesNotInsist_LetsWhoeverComesIn()
    {
        await using var nginx = await NginxOrigin.StartAsync(new PeerTls { Verification = ClientVerification.Optional });

        var good = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(nginx.Url, TestCertificates.Client).ThatNeverRefuses());
        var nobody = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(nginx.Url, certificate: null));

        Assert.True(good.Cause.Ok);
        Assert.Contains(good.Notes, static note => note.Contains("lets clients without one through", StringComparison.Ordinal));
        Assert.True(nobody.Cause.Ok);
        Assert.Contains("asks for a client certificate, does not insist on one", nobody.Cause.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ServerThatNeverAsks_IsSeen(TlsVersions versions)
    {
        await using var nginx = await NginxOrigin.StartAsync(new PeerTls { Verification = ClientVerification.Off, Versions = versions });

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(nginx.Url, TestCertificates.Client));

        Assert.Equal("certificate_not_requested", report.Cause.Code);
        Assert.Contains("not sent, as it was not asked for", report.Step(DiagnosisStepKind.TlsWithCertificate).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForbiddenByHaproxy_IsFromBehindTls()
    {
        await using var haproxy = await HaproxyOrigin.StartAsync();

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request($"{haproxy.Url}/status/403", TestCertificates.Client));

        Assert.Equal("forbidden", report.Cause.Code);
        Assert.Contains("got 'aws-alb-cert' (CN=client) and did not refuse it in TLS", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Equal("forbidden", report.Answer!.Excerpt);
    }

    [Fact]
    public async Task OtherGroup_CostsARetryThatIsShown()
    {
        await using var openssl = await OpensslServer.StartAsync(new PeerTls { Versions = TlsVersions.Tls13 }, more: ["-groups", "P-384"]);

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(openssl.Url, TestCertificates.Client));

        Assert.Equal(("secp384r1", true), (report.WithCertificate!.Group, report.WithCertificate.HelloRetryRequest));
        Assert.Contains("after a HelloRetryRequest", report.Step(DiagnosisStepKind.TlsWithCertificate).Detail, StringComparison.Ordinal);
        Assert.True(report.Cause.Ok);
    }

    [Fact]
    public async Task NothingInCommon_IsNotTakenForARefusedCertificate()
    {
        await using var openssl = await OpensslServer.StartAsync(new PeerTls { Versions = TlsVersions.Tls12 }, more: ["-cipher", "PSK-AES128-GCM-SHA256"]);

        var report = await OriginDiagnosis.RunAsync(DiagnosedOrigin.Request(openssl.Url, TestCertificates.Client));

        Assert.Equal(("tls_alert_received", (AlbReason?)null), (report.Cause.Code, report.Cause.AlbReason));
        Assert.Equal((byte)40, report.Failure!.Alert);
        Assert.Contains("before a version and a cipher suite were agreed on", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Contains("offered were TLS 1.3, TLS 1.2", report.Cause.Next, StringComparison.Ordinal);
        Assert.Null(report.WithoutCertificate!.Protocol);
        Assert.Equal(["TLS 1.3", "TLS 1.2"], report.WithoutCertificate.OfferedVersions);
        Assert.Null(report.CertificateRequested);
    }
}
