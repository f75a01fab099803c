namespace AlbSimulator;

/// <summary>The TLS versions spoken.</summary>
public enum TlsVersions
{
    Both,
    Tls12,
    Tls13,
}
