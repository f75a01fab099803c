using System.Globalization;
using System.Text.Json.Serialization;

namespace PipeProxy.Telemetry;

/// <summary>What is known of a TLS handshake with an origin, for whoever asks why it, or what came behind it, failed. What is not known is null.</summary>
public sealed record HandshakeSummary
{
    /// <summary>Version agreed on, such as <c>TLS 1.3</c>; null when no ServerHello came.</summary>
    public string? Protocol { get; init; }

    /// <summary>Cipher suite by its IANA name.</summary>
    public string? Cipher { get; init; }

    /// <summary>Group of the key exchange; null for RSA key transport too.</summary>
    public string? Group { get; init; }

    /// <summary>A session was resumed.</summary>
    public bool? Resumed { get; init; }

    /// <summary>The origin asked for a client certificate.</summary>
    public bool? CertificateRequested { get; init; }

    /// <summary>Authorities that the origin says it accepts; empty when it names none. TLS 1.3 encrypts them, and SslStream tells them only when there is no certificate to present: then they are known from a rotation's trial, or not at all.</summary>
    public IReadOnlyList<string>? AcceptableIssuers { get; init; }

    /// <summary>When another handshake showed <see cref="AcceptableIssuers"/>; null when this one did.</summary>
    public DateTimeOffset? AcceptableIssuersSeen { get; init; }

    /// <summary>Our chain, leaf first; empty when none is set. Whether it was sent depends on <see cref="CertificateRequested"/>.</summary>
    public IReadOnlyList<ChainCertificate> PresentedChain { get; init; } = [];

    /// <summary>The origin's certificates, leaf first; of one that is trusted, in TLS 1.3, the leaf alone. Empty when none came, or not known.</summary>
    public IReadOnlyList<ChainCertificate> OriginChain { get; init; } = [];

    /// <summary>The origin's certificates were accepted; null when they were not judged.</summary>
    public bool? OriginTrusted { get; init; }

    /// <summary>What is wrong with them, one sentence; null when nothing is.</summary>
    public string? OriginProblem { get; init; }

    /// <summary>One of <see cref="AcceptableIssuers"/> issued a certificate of <see cref="PresentedChain"/>; null when none is named, or nothing presented.</summary>
    public bool? IssuerAdvertised => AcceptableIssuers is { Count: > 0 } accepted && PresentedChain.Count > 0
        ? PresentedChain.Any(certificate => accepted.Contains(certificate.Issuer, StringComparer.OrdinalIgnoreCase))
        : null;

    /// <summary>What was agreed on, in words.</summary>
    [JsonIgnore]
    internal string Agreed => Protocol is null ? "no version agreed on, as no ServerHello came"
        : string.Join(", ", new[] { Protocol, Cipher, Group is null ? null : $"group {Group}", Resumed switch { true => "resumed", false => "not resumed", null => null } }.OfType<string>());

    /// <summary>What of ours was asked for and shown, in words.</summary>
    [JsonIgnore]
    internal string Request => (CertificateRequested, PresentedChain.Count > 0) switch
    {
        (true, false) => "a client certificate was requested and none presented",
        (true, true) => $"a client certificate was requested; presented: {string.Join(", ", PresentedChain)}",
        (false, _) => "no client certificate was requested",
        (null, false) => "no client certificate is set",
        (null, true) => $"to be presented: {string.Join(", ", PresentedChain)}",
    };

    /// <summary>Whose certificates the origin accepts, in words; null where that does not matter.</summary>
    [JsonIgnore]
    internal string? Authorities => AcceptableIssuers switch
    {
        _ when CertificateRequested == false || (CertificateRequested is null && Protocol is null) => null,
        null => $"not known which authorities it accepts{(Protocol == "TLS 1.3" ? " (TLS 1.3 encrypts that; 'pipeproxy diagnose' asks)" : "")}",
        { Count: 0 } => $"it names no authorities that it accepts{Seen}",
        var names => $"it accepts certificates of: {string.Join("; ", names)}{(IssuerAdvertised == false ? " (none of them issued ours)" : "")}{Seen}",
    };

    /// <summary>The origin's certificates and what we think of them, in words; null when none is known.</summary>
    [JsonIgnore]
    internal string? Origin => OriginChain.Count == 0 ? null
        : $"{string.Join(", ", OriginChain)}{OriginTrusted switch { true => "; trusted", false => "; not trusted", null => "" }}";

    private string Seen => AcceptableIssuersSeen is { } seen ? string.Create(CultureInfo.InvariantCulture, $" (as seen {seen.UtcDateTime:yyyy-MM-dd HH:mm} UTC)") : "";

    /// <summary>All of it in one line, for a log.</summary>
    public override string ToString() => string.Join("; ", new[] { Agreed, Request, Authorities, Origin is { } origin ? $"the origin's certificates: {origin}" : null }.OfType<string>());
}
