using AlbSimulator;
using CertificateAuthority;
using PipeProxy.Certificates;
using PipeProxy.Diagnosis;
using SimulatorVersions = AlbSimulator.TlsVersions;

namespace PipeProxy.FunctionalTests.Diagnosis;

/// <summary>Whatever an ALB holds against a certificate, the diagnosis names it, and predicts the code that the ALB's connection log has.</summary>
public sealed class DiagnosisOfLoadBalancerTests(DiagnosisOfLoadBalancerTests.Certificates certificates) : IClassFixture<DiagnosisOfLoadBalancerTests.Certificates>
{
    private static readonly (string Kind, int Alert, string Because)[] Bad =
    [
        ("unknown-ca", 48, "it does not trust CN=Unknown root"),
        ("expired", 45, "the certificate expired on "),
        ("not-yet-valid", 42, "the certificate is not valid before "),
        ("wrong-eku", 43, "the extended key usage does not include clientAuth"),
        ("revoked", 44, "it is revoked"),
        ("deep-chain", 48, "the chain has 6 certificates without the root"),
        ("huge", 42, " bytes; an ALB takes TLS messages of at most 65536"),
        ("version-1", 43, "the certificate is X.509 version 1"),
    ];

    public static MatrixTheoryData<string, SimulatorVersions, RejectStyle> Refusals { get; } = new(
        Bad.Select(static bad => bad.Kind), [SimulatorVersions.Tls12, SimulatorVersions.Tls13], [RejectStyle.Alert, RejectStyle.LateAlert]);

    public static MatrixTheoryData<string, SimulatorVersions, RejectStyle> SilentRefusals { get; } = new(
        ["expired", "not-yet-valid", "wrong-eku", "deep-chain", "unknown-ca"], [SimulatorVersions.Tls12, SimulatorVersions.Tls13], [RejectStyle.Eof, RejectStyle.Reset]);

    public static TheoryData<SimulatorVersions> Versions { get; } = new(SimulatorVersions.Tls12, SimulatorVersions.Tls13);

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task RefusedCertificate_HasItsAlertItsCauseAndTheCodeOfTheConnectionLog(string kind, SimulatorVersions versions, RejectStyle style)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions, RejectStyle = style });
        var (_, alert, because) = Bad.Single(bad => bad.Kind == kind);

        var report = await OriginDiagnosis.RunAsync(certificates.Request(balancer, kind));

        Assert.Equal(("certificate_refused", false), (report.Cause.Code, report.Cause.Ok));
        Assert.Equal(Assert.Single(balancer.Rejections, static rejection => rejection.Subject is not null).Reason.ToString(), report.Cause.AlbReason.ToString());
        Assert.Equal(alert, (int?)report.Failure!.Alert);
        Assert.Contains($"refused the client certificate 'aws-alb-cert' with alert {alert} (", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Contains(because, report.Cause.Sentence, StringComparison.Ordinal);
        Assert.NotNull(report.Cause.Next);
        var inHandshake = versions == SimulatorVersions.Tls12 && style == RejectStyle.Alert;
        Assert.Contains(inHandshake ? "in the handshake" : "after the handshake", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Equal(StepResult.Failed, report.Step(inHandshake ? DiagnosisStepKind.TlsWithCertificate : DiagnosisStepKind.FirstRead).Result);
        Assert.Equal((true, true), (report.CertificateRequested, report.CertificateRequired));
        Assert.True(report.OriginChain!.Trusted);
        Assert.Equal(0, balancer.RequestBytesSeen);
    }

    [Theory]
    [MemberData(nameof(SilentRefusals))]
    public async Task RefusalWithoutAnAlert_IsExplainedFromTheCertificateItself(string kind, SimulatorVersions versions, RejectStyle style)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions, RejectStyle = style });

        var report = await OriginDiagnosis.RunAsync(certificates.Request(balancer, kind));

        Assert.Equal("certificate_refused", report.Cause.Code);
        Assert.Null(report.Failure!.Alert);
        Assert.Contains("by ending the connection without an alert", report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Equal(Assert.Single(balancer.Rejections, static rejection => rejection.Subject is not null).Reason.ToString(), report.Cause.AlbReason.ToString());
        Assert.True(report.CertificateRequired);
    }

    /// <summary>Reasons that no certificate gives: the alert alone tells.</summary>
    [Theory]
    [InlineData(RejectionReason.ClientCertRejected, 49)]
    [InlineData(RejectionReason.ClientCertIncompatible, 40)]
    [InlineData(RejectionReason.ClientCertInvalid, 42)]
    public async Task ReasonWithoutAFlaw_IsPredictedFromTheAlert(RejectionReason reason, int alert)
    {
        foreach (var versions in new[] { SimulatorVersions.Tls12, SimulatorVersions.Tls13 })
        {
            await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions, FailWith = reason });

            var report = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "good"));

            Assert.Equal(("certificate_refused", alert, reason.ToString()), (report.Cause.Code, (int?)report.Failure!.Alert ?? 0, report.Cause.AlbReason.ToString()));
            Assert.NotNull(report.Cause.Next);
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task GoodCertificate_IsSeenToBeAskedForRequiredAndTaken(SimulatorVersions versions)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions });

        var report = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "good", "/status/204"));

        Assert.Equal(new DiagnosisCause("accepted", Ok: true, "The origin asked for a client certificate, took 'aws-alb-cert' and answered 204 No Content.", null, null), report.Cause);
        Assert.All(report.Steps, static step => Assert.Equal(StepResult.Ok, step.Result));
        Assert.All(report.Steps, static step => Assert.True(step.Duration > TimeSpan.Zero));
        Assert.Equal(Enum.GetValues<DiagnosisStepKind>(), report.Steps.Select(static step => step.Kind));
        Assert.Equal((true, true), (report.CertificateRequested, report.CertificateRequired));
        Assert.Contains(versions == SimulatorVersions.Tls12 ? "alert 40 (handshake_failure)" : "alert 116 (certificate_required)", report.RefusalWithoutCertificate, StringComparison.Ordinal);
        Assert.Equal(versions == SimulatorVersions.Tls12 ? "TLS 1.2" : "TLS 1.3", report.WithCertificate!.Protocol);
        Assert.StartsWith("TLS_", report.WithCertificate.Cipher, StringComparison.Ordinal);
        Assert.Equal("localhost", report.WithCertificate.ServerName);
        Assert.NotNull(report.WithCertificate.Group);
        Assert.False(report.WithCertificate.Resumed);
        Assert.Equal(["CN=good", "CN=Diagnosis intermediate"], report.PresentedChain.Select(static certificate => certificate.Subject));
        Assert.Equal(["CN=localhost", "CN=Diagnosis intermediate", "CN=Diagnosis root"], report.OriginChain!.Certificates.Select(static certificate => certificate.Subject));
        Assert.Equal((2, true), (report.OriginChain.Sent, report.OriginChain.Trusted));
        Assert.Contains("It leads to CN=Diagnosis root, one of the roots in root.pem", report.OriginChain.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SimulatorVersions.Tls12, true)]
    [InlineData(SimulatorVersions.Tls13, true)]
    [InlineData(SimulatorVersions.Tls12, false)]
    [InlineData(SimulatorVersions.Tls13, false)]
    public async Task AdvertisedAuthorities_AreShownAndHeldAgainstTheChain(SimulatorVersions versions, bool advertise)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions, AdvertiseCa = advertise });

        var good = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "good"));
        var stranger = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "unknown-ca"));

        Assert.Equal(advertise ? ["CN=Diagnosis root"] : [], good.AcceptableIssuers!);
        Assert.Equal(advertise ? true : null, good.IssuerAdvertised);
        Assert.Equal(advertise ? false : null, stranger.IssuerAdvertised);
        Assert.Equal(advertise, stranger.Cause.Sentence.Contains("it accepts certificates of CN=Diagnosis root, and this one leads to CN=Unknown root", StringComparison.Ordinal));
        Assert.Equal(advertise, stranger.Notes.Any(static note => note.Contains("advertises that it accepts certificates of CN=Diagnosis root", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task NoCertificate_IsToldThatOneIsDemanded(SimulatorVersions versions)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions });

        var report = await OriginDiagnosis.RunAsync(certificates.Request(balancer, null));

        Assert.Equal(("certificate_required", AlbReason.UnmappedConnectionError), (report.Cause.Code, report.Cause.AlbReason));
        Assert.True(report.CertificateRequired);
        Assert.Contains("--mtls-certificate NAME", report.Cause.Next, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ModeOff_IsSeenAsNeverAsked(SimulatorVersions versions)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions, Mode = MutualTlsMode.Off });

        var strict = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "good").ThatNeverRefuses());
        var lenient = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "good").ThatNeverRefuses() with { RequireCertificateRequest = false });

        Assert.Equal(("certificate_not_requested", false), (strict.Cause.Code, strict.Cause.Ok));
        Assert.Contains("The origin never asked for a client certificate, so 'aws-alb-cert' was not sent", strict.Cause.Sentence, StringComparison.Ordinal);
        Assert.False(strict.CertificateRequested);
        Assert.Equal(("accepted", true), (lenient.Cause.Code, lenient.Cause.Ok));
        Assert.Contains("No certificate was asked for: mutual TLS is off there.", lenient.Notes);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Passthrough_IsSuspectedFromAConnectionThatLastsWithoutACertificate(SimulatorVersions versions)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Tls = versions, Mode = MutualTlsMode.Passthrough });

        var report = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "unknown-ca").ThatNeverRefuses());

        Assert.True(report.Cause.Ok, report.Cause.Sentence);
        Assert.Equal((true, false), (report.CertificateRequested, report.CertificateRequired));
        Assert.Contains(report.Notes, static note => note.Contains("passthrough mode (ALB)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(MutualTlsMode.Verify, "did not refuse it in TLS, while it refuses clients without one (verify mode)", "AWS WAF and the listener's rules")]
    [InlineData(MutualTlsMode.Passthrough, "lets clients without one through TLS as well (passthrough, or optional); the 403 is the target's own check", "what the target makes of the certificate")]
    [InlineData(MutualTlsMode.Off, "never asked for a client certificate", "the target checks")]
    public async Task Forbidden_SaysWhereToLookNext(MutualTlsMode mode, string cause, string next)
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Mode = mode });
        var request = certificates.Request(balancer, "good", "/status/403") with { RequireCertificateRequest = false };

        var report = await OriginDiagnosis.RunAsync(mode == MutualTlsMode.Verify ? request : request.ThatNeverRefuses());

        Assert.Equal(("forbidden", false, 403), (report.Cause.Code, report.Cause.Ok, report.Answer!.Status));
        Assert.Contains(cause, report.Cause.Sentence, StringComparison.Ordinal);
        Assert.Contains(next, report.Cause.Next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificateThatTheProxyWouldNotUse_IsPresentedAndNoted()
    {
        await using var balancer = LoadBalancer.Start(certificates.Options with { Mode = MutualTlsMode.Passthrough });

        var report = await OriginDiagnosis.RunAsync(certificates.Request(balancer, "expired").ThatNeverRefuses());

        Assert.Contains(report.Notes, static note => note.StartsWith("'aws-alb-cert' has expired: pipeproxy run would not present it", StringComparison.Ordinal));
    }

    /// <summary>An authority, what it issues, and a load balancer that trusts it.</summary>
    public sealed class Certificates
    {
        private readonly Authority _authority = Authority.CreateRoot("Diagnosis root").CreateIntermediate("Diagnosis intermediate");
        private readonly Dictionary<string, CertificateAuthority.IssuedCertificate> _issued;

        public Certificates()
        {
            var revoked = _authority.IssueClient("revoked");
            _issued = new()
            {
                ["good"] = _authority.IssueClient("good"),
                ["revoked"] = revoked,
                ["unknown-ca"] = Authority.CreateRoot("Unknown root").IssueClient("unknown"),
                ["expired"] = _authority.Issue(LeafOptions.Expired("expired")),
                ["not-yet-valid"] = _authority.Issue(LeafOptions.NotYetValid("early")),
                ["wrong-eku"] = _authority.Issue(LeafOptions.WrongPurpose("wrong")),
                ["deep-chain"] = _authority.CreateIntermediates(4).IssueClient("deep"),
                ["huge"] = _authority.Issue(LeafOptions.Client("huge") with { DnsNames = [.. Enumerable.Range(0, 1500).Select(static i => $"a-name-that-is-one-of-very-many-{i:0000}.example")] }),
                ["version-1"] = _authority.Issue(LeafOptions.Client("old") with { Version1 = true }),
            };
            var server = _authority.IssueServer();
            Options = new LoadBalancerOptions
            {
                CertificatePem = server.ChainPem,
                PrivateKeyPem = server.PrivateKeyPkcs8Pem,
                TrustStorePem = _authority.Root.CertificatePem,
                CrlPem = _authority.CreateCrl(revoked),
            };
        }

        public LoadBalancerOptions Options { get; }

        public DiagnosisRequest Request(LoadBalancer balancer, string? kind, string path = "/") => DiagnosedOrigin.Request(
            $"https://localhost:{balancer.Port}{path}",
            kind is null ? null : ClientCertificate.FromPem(DiagnosedOrigin.CertificateName, _issued[kind].ChainPem, _issued[kind].PrivateKeyPkcs8Pem),
            _authority.Root.CertificatePem);
    }
}
