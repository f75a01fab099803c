using Org.BouncyCastle.Tls;

namespace AlbSimulator;

/// <summary>Why a connection was refused: the error reason codes of an ALB's connection log.</summary>
public enum RejectionReason
{
    /// <summary>No path from the certificate to a root in the trust store.</summary>
    ClientCertUntrusted,
    ClientCertExpired,
    ClientCertNotYetValid,

    /// <summary>The extended key usage leaves clientAuth out.</summary>
    ClientCertPurposeInvalid,

    /// <summary>A revocation list names the certificate.</summary>
    ClientCertCrlHit,

    /// <summary>The issuer's revocation list has a wrong signature or is out of date.</summary>
    ClientCertCrlProcessingError,

    /// <summary>More than four certificates below the root.</summary>
    ClientCertMaxChainDepthExceeded,

    /// <summary>Not X.509 version 3, or a key or signature that an ALB does not take.</summary>
    ClientCertTypeUnsupported,

    /// <summary>Not a certificate at all.</summary>
    ClientCertInvalid,

    /// <summary>Everything else: no certificate was presented, or the handshake failed before one was judged.</summary>
    UnmappedConnectionError,
}

/// <summary>One refused client certificate.</summary>
/// <param name="Reason">The code in the connection log.</param>
/// <param name="Alert">The alert that was sent, or would have been (RFC 8446 section 6.2).</param>
/// <param name="Subject">The leaf's subject; null when no certificate was presented.</param>
/// <param name="TlsProtocol"><c>TLSv1.2</c> or <c>TLSv1.3</c>.</param>
public sealed record Rejection(RejectionReason Reason, byte Alert, string? Subject, string TlsProtocol);

internal static class RejectionAlert
{
    /// <summary>The alerts that OpenSSL servers send for the same findings, because clients are built against those.</summary>
    public static byte Of(RejectionReason reason, bool isTls13, bool presented)
    {
        if (!presented)
        {
            // RFC 8446 section 4.4.2.4 and RFC 5246 section 7.4.6.
            return (byte)(isTls13 ? AlertDescription.certificate_required : AlertDescription.handshake_failure);
        }

        return (byte)(reason switch
        {
            RejectionReason.ClientCertUntrusted or RejectionReason.ClientCertMaxChainDepthExceeded => AlertDescription.unknown_ca,
            RejectionReason.ClientCertExpired => AlertDescription.certificate_expired,
            RejectionReason.ClientCertCrlHit => AlertDescription.certificate_revoked,
            RejectionReason.ClientCertPurposeInvalid or RejectionReason.ClientCertTypeUnsupported => AlertDescription.unsupported_certificate,
            RejectionReason.UnmappedConnectionError => AlertDescription.handshake_failure,
            _ => AlertDescription.bad_certificate,
        });
    }
}
