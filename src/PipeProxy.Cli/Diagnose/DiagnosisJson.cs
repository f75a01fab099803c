using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using PipeProxy.Cli.Output;
using PipeProxy.Diagnosis;
using PipeProxy.Telemetry;

namespace PipeProxy.Cli.Diagnose;

/// <summary>What <c>diagnose --output json</c> prints. Scripts rely on it: fields are added, never renamed or removed. Times are RFC 3339 in UTC, durations milliseconds, fingerprints lower-case hex of SHA-256 over DER.</summary>
internal static class DiagnosisJson
{
    // Read in terminals and by programs, never as HTML: quotes may stay quotes.
    private static readonly DiagnosisJsonContext Context = new(new JsonSerializerOptions(DiagnosisJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static void Write(Terminal terminal, DiagnosisReport report) => terminal.Output.WriteLine(JsonSerializer.Serialize(Of(report), Context.DiagnosisReportJson));

    private static DiagnosisReportJson Of(DiagnosisReport report) => new(
        report.Url,
        report.CertificateName,
        report.Cause.Ok ? "ok" : "failed",
        new CauseJson(report.Cause.Code, report.Cause.Sentence, report.Cause.AlbReason?.ToString(), report.Cause.Next),
        report.Failure is { } failure ? new FailureJson(failure.Outcome.Name, failure.Outcome.Error, failure.Detail, failure.Alert, failure.Alert is { } alert ? Telemetry.TlsAlerts.NameOf(alert) : null) : null,
        [.. report.Steps.Select(static step => new StepJson(NameOf(step.Kind), step.Result.ToString().ToLowerInvariant(), Math.Round(step.Duration.TotalMilliseconds, 3), step.Detail, step.Failure?.Outcome.Name))],
        new CertificateRequestJson(report.CertificateRequested, report.CertificateRequired, report.RefusalWithoutCertificate, report.AcceptableIssuers, report.IssuerAdvertised),
        Of(report.WithoutCertificate),
        Of(report.WithCertificate),
        [.. report.PresentedChain.Select(Of)],
        report.OriginChain is { } chain ? new OriginJson(chain.Trusted, chain.Why, chain.Sent, [.. chain.Certificates.Select(Of)]) : null,
        report.Answer is { } answer ? new AnswerJson(answer.Status, answer.Reason, answer.Server, answer.Excerpt) : null,
        report.Notes);

    private static HandshakeJson? Of(HandshakeFacts? facts) => facts is null ? null : new HandshakeJson(
        facts.Protocol, facts.Cipher, facts.Group, facts.HelloRetryRequest, facts.Resumed, facts.ServerName, facts.OfferedVersions, facts.OfferedGroups);

    private static ChainCertificateJson Of(CertificateSummary certificate) => new(
        certificate.Subject, certificate.Issuer, certificate.NotBefore.UtcDateTime, certificate.NotAfter.UtcDateTime, certificate.Fingerprint, certificate.Names);

    private static string NameOf(DiagnosisStepKind kind) => kind switch
    {
        DiagnosisStepKind.Dns => "dns",
        DiagnosisStepKind.Tcp => "tcp",
        DiagnosisStepKind.TlsWithoutCertificate => "tlsWithoutCertificate",
        DiagnosisStepKind.TlsWithCertificate => "tlsWithCertificate",
        DiagnosisStepKind.FirstRead => "firstRead",
        _ => "get",
    };
}

/// <summary>The whole report. <paramref name="Result"/> is <c>ok</c> or <c>failed</c>, as the exit code is 0 or 1.</summary>
internal sealed record DiagnosisReportJson(
    string Url,
    string? MtlsCertificate,
    string Result,
    CauseJson Cause,
    FailureJson? Failure,
    IReadOnlyList<StepJson> Steps,
    CertificateRequestJson CertificateRequest,
    HandshakeJson? HandshakeWithoutCertificate,
    HandshakeJson? HandshakeWithCertificate,
    IReadOnlyList<ChainCertificateJson> PresentedChain,
    OriginJson? Origin,
    AnswerJson? Answer,
    IReadOnlyList<string> Notes);

internal sealed record CauseJson(string Code, string Sentence, string? AlbReason, string? Next);

/// <summary>What ended the way, in the proxy's own vocabulary: <paramref name="Error"/> is what Proxy-Status would say.</summary>
internal sealed record FailureJson(string Outcome, string Error, string Detail, int? Alert, string? AlertName);

internal sealed record StepJson(string Step, string Result, double Milliseconds, string Detail, string? Outcome);

/// <summary>Unknown values are absent.</summary>
internal sealed record CertificateRequestJson(bool? Requested, bool? Required, string? RefusalWithoutCertificate, IReadOnlyList<string>? AcceptableIssuers, bool? IssuerAdvertised);

internal sealed record HandshakeJson(string? Protocol, string? Cipher, string? Group, bool HelloRetryRequest, bool? Resumed, string? ServerName, IReadOnlyList<string> OfferedVersions, IReadOnlyList<string> OfferedGroups);

internal sealed record ChainCertificateJson(string Subject, string Issuer, DateTime NotBefore, DateTime NotAfter, string Fingerprint, IReadOnlyList<string> Names);

internal sealed record OriginJson(bool Trusted, string Why, int CertificatesSent, IReadOnlyList<ChainCertificateJson> Chain);

internal sealed record AnswerJson(int Status, string Reason, string? Server, string? Excerpt);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DiagnosisReportJson))]
internal sealed partial class DiagnosisJsonContext : JsonSerializerContext;
