namespace PipeProxy.Telemetry;

/// <summary>A failure towards an origin, and how often it has been seen alike: one entry per origin, certificate, code and alert.</summary>
/// <param name="Origin">The origin as people write it.</param>
/// <param name="Certificate">Name of the client certificate that was to be presented; null for none.</param>
/// <param name="Code">The outcome's name, or <c>forbidden</c> and <c>certificate_refused_in_http</c> for answers that went to the client as they came.</param>
/// <param name="Alert">The TLS alert's number; null when there was none.</param>
/// <param name="Detail">What happened the last time, one sentence. Never a key.</param>
/// <param name="Next">What to do about it; null when there is nothing to say.</param>
/// <param name="First">When it was first seen.</param>
/// <param name="Last">When it was last seen.</param>
/// <param name="Count">How often.</param>
public sealed record OriginFailure(string Origin, string? Certificate, string Code, byte? Alert, string Detail, string? Next, DateTimeOffset First, DateTimeOffset Last, long Count)
{
    /// <summary>What is known of the last one's TLS handshake: version, cipher suite, group, resumption, whether a certificate was requested and of which authorities, the chain that was presented, the origin's certificates and whether they are trusted. Null without TLS.</summary>
    public HandshakeSummary? Tls { get; init; }

    /// <summary><see cref="Tls"/> in one line.</summary>
    public string? Handshake => Tls?.ToString();
}
