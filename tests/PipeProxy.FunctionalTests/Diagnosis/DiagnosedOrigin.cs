using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;
using PipeProxy.Diagnosis;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Diagnosis;

/// <summary>How the tests ask for a diagnosis: no DNS for localhost, the tests' root as trust, and time enough for a busy machine.</summary>
internal static class DiagnosedOrigin
{
    public const string CertificateName = "aws-alb-cert";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A request under a certificate of <see cref="TestCertificates"/>.</summary>
    public static DiagnosisRequest Request(string url, TestCertificate? certificate)
        => Request(url, certificate is null ? null : TestProxy.Named(CertificateName, certificate), TestCertificates.Root.CertificatePem);

    /// <summary>A request under any certificate, with any root.</summary>
    public static DiagnosisRequest Request(string url, ClientCertificate? certificate, string rootPem)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(rootPem);
        return new DiagnosisRequest
        {
            Url = new Uri(url),
            Certificate = certificate,
            TrustedRoots = roots,
            TrustedRootsName = "root.pem",
            Addresses = ["127.0.0.1"],
            ConnectTimeout = Patience,
            HandshakeTimeout = Patience,
            ResponseTimeout = Patience,

            // An origin that refuses does it long before; for those that do not, tests take a short one.
            SilenceTimeout = Patience,
        };
    }

    /// <summary>For origins that take whoever comes: their silence is waited for in full.</summary>
    public static DiagnosisRequest ThatNeverRefuses(this DiagnosisRequest request) => request with { SilenceTimeout = TimeSpan.FromMilliseconds(50) };

    public static DiagnosisStep Step(this DiagnosisReport report, DiagnosisStepKind kind) => Assert.Single(report.Steps, step => step.Kind == kind);

    /// <summary>Results in the order of the steps.</summary>
    public static StepResult[] Results(this DiagnosisReport report) => [.. report.Steps.Select(static step => step.Result)];
}
