using Org.BouncyCastle.Tls;

namespace AlbSimulator;

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
            RejectionReason.ClientCertRejected => AlertDescription.access_denied,
            RejectionReason.ClientCertIncompatible => AlertDescription.handshake_failure,
            RejectionReason.UnmappedConnectionError => AlertDescription.handshake_failure,
            _ => AlertDescription.bad_certificate,
        });
    }
}
