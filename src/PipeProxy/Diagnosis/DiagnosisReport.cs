using PipeProxy.Telemetry;

namespace PipeProxy.Diagnosis;

/// <summary>What was seen on the way to an origin, step by step, and what it means.</summary>
public sealed record DiagnosisReport
{
    /// <summary>The URL asked for.</summary>
    public required string Url { get; init; }

    /// <summary>Name of the certificate that was to be presented; null for none.</summary>
    public string? CertificateName { get; init; }

    /// <summary>All steps in order; those that were not reached are <see cref="StepResult.Skipped"/>.</summary>
    public IReadOnlyList<DiagnosisStep> Steps { get; init; } = [];

    /// <summary>The handshake without a certificate; null when it was not tried.</summary>
    public HandshakeFacts? WithoutCertificate { get; init; }

    /// <summary>The handshake with the certificate; null when it was not tried.</summary>
    public HandshakeFacts? WithCertificate { get; init; }

    /// <summary>The origin's certificates and whether they are trusted; null when none came.</summary>
    public OriginChain? OriginChain { get; init; }

    /// <summary>The origin asked for a client certificate; null when unknown.</summary>
    public bool? CertificateRequested { get; init; }

    /// <summary>The origin refused the connection without a certificate; null when unknown.</summary>
    public bool? CertificateRequired { get; init; }

    /// <summary>How the origin refused it, one sentence; null when it did not.</summary>
    public string? RefusalWithoutCertificate { get; init; }

    /// <summary>Authorities that the origin advertised; empty when it named none, null when unknown.</summary>
    public IReadOnlyList<string>? AcceptableIssuers { get; init; }

    /// <summary>One of the advertised authorities issued a certificate of the presented chain; null when none was advertised.</summary>
    public bool? IssuerAdvertised { get; init; }

    /// <summary>The chain that is presented, leaf first; empty for none. Whether it was sent depends on <see cref="CertificateRequested"/>.</summary>
    public IReadOnlyList<CertificateSummary> PresentedChain { get; init; } = [];

    /// <summary>What ended the last step, in the proxy's vocabulary; null when every step went through.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The answer to the GET; null when none came.</summary>
    public HttpAnswer? Answer { get; init; }

    /// <summary>What else is worth knowing, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What it comes to.</summary>
    public DiagnosisCause Cause { get; init; } = new("unfinished", Ok: false, "The diagnosis has not ended.", null, null);
}

/// <summary>One step of a diagnosis.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Duration">How long it took; zero when it was skipped.</param>
/// <param name="Detail">What was seen, for people.</param>
/// <param name="Failure">Why it failed.</param>
public sealed record DiagnosisStep(DiagnosisStepKind Kind, StepResult Result, TimeSpan Duration, string Detail, Failure? Failure = null);

/// <summary>The steps, in their order.</summary>
public enum DiagnosisStepKind
{
    /// <summary>The name's addresses, all of them.</summary>
    Dns,

    /// <summary>A TCP connection to every address.</summary>
    Tcp,

    /// <summary>A TLS handshake without a client certificate: is one asked for, by whom, and is it required?</summary>
    TlsWithoutCertificate,

    /// <summary>A TLS handshake with the certificate, as the proxy does it.</summary>
    TlsWithCertificate,

    /// <summary>The first byte of the answer: under TLS 1.3 it is the first word on whether the certificate is accepted.</summary>
    FirstRead,

    /// <summary>The answer to a GET.</summary>
    Get,
}

/// <summary>How a step ended.</summary>
public enum StepResult
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Not as it should be, and not the end.</summary>
    Warning,

    /// <summary>It failed, and the steps behind it could not be done.</summary>
    Failed,

    /// <summary>Not reached, or not asked for.</summary>
    Skipped,
}

/// <summary>The answer to the GET of the last step.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Reason">The reason phrase.</param>
/// <param name="Server">The Server field; null when there is none.</param>
/// <param name="Excerpt">The beginning of the body as plain text of one line, for statuses from 400; null otherwise.</param>
public sealed record HttpAnswer(int Status, string Reason, string? Server, string? Excerpt);

/// <summary>One sentence of cause and what follows from it.</summary>
/// <param name="Code">A stable name: an outcome of the proxy (<c>connection_refused</c>), or <c>accepted</c>, <c>certificate_refused</c>, <c>certificate_required</c>, <c>certificate_not_requested</c>, <c>certificate_refused_in_http</c>, <c>forbidden</c>.</param>
/// <param name="Ok">Requests get through.</param>
/// <param name="Sentence">The cause.</param>
/// <param name="AlbReason">What an ALB's connection log would say; null when this is not about the client certificate.</param>
/// <param name="Next">What to do; null when there is nothing to do.</param>
public sealed record DiagnosisCause(string Code, bool Ok, string Sentence, AlbReason? AlbReason, string? Next);
