using System.Net;

namespace CertificateAuthority;

/// <summary>What an issued leaf shall say. The default is a good client certificate with a P-256 key, valid for a year.</summary>
public sealed record LeafOptions
{
    /// <summary>A common name, or a whole distinguished name as RFC 4514 writes it ("CN=client,O=Example").</summary>
    public required string Subject { get; init; }

    public IReadOnlyList<string> DnsNames { get; init; } = [];

    public IReadOnlyList<IPAddress> IpAddresses { get; init; } = [];

    /// <summary>Default P-256.</summary>
    public KeyKind Key { get; init; } = KeyKind.EcdsaP256;

    /// <summary>Default five minutes ago, so that a peer whose clock is a little behind agrees.</summary>
    public DateTimeOffset NotBefore { get; init; } = DateTimeOffset.UtcNow.AddMinutes(-5);

    /// <summary>Default in one year.</summary>
    public DateTimeOffset NotAfter { get; init; } = DateTimeOffset.UtcNow.AddDays(365);

    /// <summary>Default clientAuth.</summary>
    public LeafUsage Usage { get; init; } = LeafUsage.ClientAuth;

    /// <summary>Hash of the issuer's signature. Default SHA-256.</summary>
    public SignatureHash SignatureHash { get; init; } = SignatureHash.Sha256;

    /// <summary>An X.509 version 1 certificate: no extensions, which an ALB refuses. Default false.</summary>
    public bool Version1 { get; init; }

    /// <summary>A good client certificate.</summary>
    public static LeafOptions Client(string subject, KeyKind key = KeyKind.EcdsaP256) => new() { Subject = subject, Key = key };

    /// <summary>A server certificate for localhost, 127.0.0.1 and ::1, and for <paramref name="names"/> in addition.</summary>
    public static LeafOptions Server(KeyKind key = KeyKind.EcdsaP256, params string[] names) => new()
    {
        Subject = "localhost",
        DnsNames = ["localhost", .. names],
        IpAddresses = [IPAddress.Loopback, IPAddress.IPv6Loopback],
        Key = key,
        Usage = LeafUsage.ServerAuth,
    };

    /// <summary>A client certificate that ended yesterday.</summary>
    public static LeafOptions Expired(string subject) => Client(subject) with
    {
        NotBefore = DateTimeOffset.UtcNow.AddDays(-30),
        NotAfter = DateTimeOffset.UtcNow.AddDays(-1),
    };

    /// <summary>A client certificate that begins tomorrow.</summary>
    public static LeafOptions NotYetValid(string subject) => Client(subject) with
    {
        NotBefore = DateTimeOffset.UtcNow.AddDays(1),
        NotAfter = DateTimeOffset.UtcNow.AddDays(30),
    };

    /// <summary>A certificate whose extended key usage names code signing only.</summary>
    public static LeafOptions WrongPurpose(string subject) => Client(subject) with { Usage = LeafUsage.CodeSigning };
}
