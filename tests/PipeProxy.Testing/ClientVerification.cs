namespace PipeProxy.Testing;

/// <summary>What a peer asks of its clients.</summary>
public enum ClientVerification
{
    /// <summary>No certificate is asked for.</summary>
    Off,

    /// <summary>A certificate is asked for and judged; a client without one is served.</summary>
    Optional,

    /// <summary>Without a good certificate there is no answer of the site's own.</summary>
    Required,
}

/// <summary>TLS settings of the peers.</summary>
public sealed record PeerTls
{
    /// <summary>TLS with a client certificate under <see cref="TestCertificates.Root"/> required, both versions.</summary>
    public static PeerTls Default { get; } = new();

    /// <summary>The server's certificate. Default <see cref="TestCertificates.Server"/>.</summary>
    public TestCertificate Certificate { get; init; } = TestCertificates.Server;

    /// <summary>The root that client certificates must lead to. Default <see cref="TestCertificates.Root"/>.</summary>
    public TestCertificate ClientRoot { get; init; } = TestCertificates.Root;

    /// <summary>PEM file with the revocation list of <see cref="ClientRoot"/>; null for none.</summary>
    public string? CrlPath { get; init; }

    /// <summary>What is asked of clients. Default <see cref="ClientVerification.Required"/>.</summary>
    public ClientVerification Verification { get; init; } = ClientVerification.Required;

    /// <summary>Lowest and highest TLS version. Default 1.2 to 1.3.</summary>
    public TlsVersions Versions { get; init; } = TlsVersions.Both;
}

/// <summary>TLS versions that a peer speaks.</summary>
public enum TlsVersions
{
    Both,
    Tls12,
    Tls13,
}
