namespace PipeProxy.Telemetry;

/// <summary>Why a request did not get the origin's answer: the outcome, and what a person needs to mend it. Made on failure only.</summary>
/// <param name="Outcome">The name, stage and side.</param>
/// <param name="Detail">What happened this time, one sentence; goes to the log, and to the client as far as <c>errorDetail</c> allows. Never a key.</param>
/// <param name="Next">What to do about it, one sentence: every problem document ends with a next step, and so does the log.</param>
/// <param name="Alert">The TLS alert's number when the outcome is <see cref="Outcome.TlsAlertReceived"/>.</param>
public sealed record Failure(Outcome Outcome, string Detail, string Next, byte? Alert = null)
{
    /// <summary>The handshake had come so far that our certificate was sent.</summary>
    internal bool CertificateSent { get; init; }

    /// <summary>By this an origin refused our certificate, as far as it can be told: an alert about certificates, or an end once ours was sent.</summary>
    internal bool IsAboutOurCertificate
        => Outcome == Outcome.ClosedUnconfirmed || (Outcome == Outcome.HandshakeTerminated && CertificateSent) || (Outcome == Outcome.TlsAlertReceived && Alert is 42 or 43 or 44 or 45 or 46 or 48 or 49 or 51);

    /// <summary>What is known of the TLS handshake, for an operator. Null where TLS has no part in it.</summary>
    public HandshakeSummary? Tls { get; init; }

    /// <summary><see cref="Tls"/> in one line.</summary>
    public string? Handshake => Tls?.ToString();

    /// <summary>When another try may have a chance; null when that is not known. Becomes <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
