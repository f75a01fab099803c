namespace PipeProxy.Telemetry;

/// <summary>What the hellos of one TLS handshake say, read from the bytes on the wire.</summary>
public sealed record HandshakeFacts
{
    /// <summary>Versions that we offered, best first.</summary>
    public IReadOnlyList<string> OfferedVersions { get; init; } = [];

    /// <summary>Key exchange groups that we offered, best first.</summary>
    public IReadOnlyList<string> OfferedGroups { get; init; } = [];

    /// <summary>Server name that we sent (SNI); null when none was, as for an IP address.</summary>
    public string? ServerName { get; init; }

    /// <summary>Version agreed on, such as <c>TLS 1.3</c>; null when the origin answered with no ServerHello.</summary>
    public string? Protocol { get; init; }

    /// <summary>Cipher suite by its IANA name.</summary>
    public string? Cipher { get; init; }

    /// <summary>Group of the key exchange; null for RSA key transport and where none was told.</summary>
    public string? Group { get; init; }

    /// <summary>The origin asked for another key share first (HelloRetryRequest), which costs a round trip.</summary>
    public bool HelloRetryRequest { get; init; }

    /// <summary>A session was resumed; null without a ServerHello.</summary>
    public bool? Resumed { get; init; }
}
