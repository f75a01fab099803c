using System.Net;

namespace AlbSimulator;

/// <summary>Settings of a <see cref="LoadBalancer"/>.</summary>
public sealed record LoadBalancerOptions
{
    /// <summary>Address and port. Default loopback with a free port.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 0);

    /// <summary>Default verify.</summary>
    public MutualTlsMode Mode { get; init; } = MutualTlsMode.Verify;

    /// <summary>The server's certificate, leaf first, then intermediates, in PEM. RSA or ECDSA.</summary>
    public required string CertificatePem { get; init; }

    /// <summary>The server's private key: PKCS#8, PKCS#1 or SEC1, unencrypted, in PEM.</summary>
    public required string PrivateKeyPem { get; init; }

    /// <summary>Roots and intermediates that clients are judged against, in PEM. A path must end at a root in it. Needed in verify mode.</summary>
    public string? TrustStorePem { get; init; }

    /// <summary>Revocation lists, in PEM. Default none.</summary>
    public string? CrlPem { get; init; }

    /// <summary>Default both.</summary>
    public TlsVersions Tls { get; init; } = TlsVersions.Both;

    /// <summary>Default alert.</summary>
    public RejectStyle RejectStyle { get; init; } = RejectStyle.Alert;

    /// <summary>In verify mode every certificate that is presented is refused for this reason, whatever it is. Default none: it is judged.</summary>
    public RejectionReason? FailWith { get; init; }

    /// <summary>Sent instead of the alert that suits the reason. Default none.</summary>
    public byte? Alert { get; init; }

    /// <summary>Name the trust store's subjects in the certificate request. Default false, as an ALB's listener attribute has it.</summary>
    public bool AdvertiseCa { get; init; }

    /// <summary>A connection without a request is closed after this time. Default 60 s.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A connection older than this is closed after its next answer. Default 3600 s.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromSeconds(3600);

    /// <summary>A file that connection log lines are appended to. Default none.</summary>
    public string? ConnectionLog { get; init; }

    /// <summary>Called for every request before it is answered, on the connection's thread. Default none.</summary>
    public Action<SeenRequest>? OnRequest { get; init; }
}
