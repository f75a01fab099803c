using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;

namespace PipeProxy.Diagnosis;

/// <summary>What to look into: an origin, and the certificate to present to it.</summary>
public sealed record DiagnosisRequest
{
    /// <summary>An https URL. Its path and query are asked for with GET in the last step.</summary>
    public required Uri Url { get; init; }

    /// <summary>The client certificate to present; it is presented even if the proxy would not use it, and the report says so. Null: none.</summary>
    public ClientCertificate? Certificate { get; init; }

    /// <summary>Roots that replace the system's. Null: the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>What <see cref="TrustedRoots"/> are called in texts, such as their file.</summary>
    public string? TrustedRootsName { get; init; }

    /// <summary>SNI, and the name that the origin's certificate must have. Null: the URL's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>Addresses to use instead of DNS.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>An origin that asks for no certificate is a failure when one is to be presented. Default true.</summary>
    public bool RequireCertificateRequest { get; init; } = true;

    /// <summary>Sessions may be resumed although a certificate is presented, as the upstream's <c>tlsResume</c> has it. Default false.</summary>
    public bool Resume { get; init; }

    /// <summary>Bound on the DNS answer and on the connect to each address. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bound on each handshake. Default 5 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bound on the wait for the first byte of the answer, and again on the rest of it. Default 10 s.</summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an origin may be silent after a handshake without a certificate until that counts as acceptance. Default 2 s.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
