namespace PipeProxy.Diagnosis;

/// <summary>Error reason codes that an ALB's connection log has behind <c>Failed:</c> in <c>tls_verify_status</c>, as AWS spells them.</summary>
public enum AlbReason
{
    /// <summary>No path from the certificate to the trust store.</summary>
    ClientCertUntrusted,

    /// <summary>The certificate, or one of its chain, has ended.</summary>
    ClientCertExpired,

    /// <summary>The certificate, or one of its chain, has not begun.</summary>
    ClientCertNotYetValid,

    /// <summary>The extended key usage leaves clientAuth out.</summary>
    ClientCertPurposeInvalid,

    /// <summary>A revocation list names the certificate.</summary>
    ClientCertCrlHit,

    /// <summary>The revocation list cannot be used.</summary>
    ClientCertCrlProcessingError,

    /// <summary>The chain is longer than an ALB follows.</summary>
    ClientCertMaxChainDepthExceeded,

    /// <summary>The certificates are larger than an ALB takes.</summary>
    ClientCertMaxSizeExceeded,

    /// <summary>A version, key or signature that an ALB does not take.</summary>
    ClientCertTypeUnsupported,

    /// <summary>Not usable as a certificate, or the proof of its key does not hold.</summary>
    ClientCertInvalid,

    /// <summary>A rule of the server's own refuses it.</summary>
    ClientCertRejected,

    /// <summary>It does not go with the listener's security policy.</summary>
    ClientCertIncompatible,

    /// <summary>Everything else, a missing certificate included.</summary>
    UnmappedConnectionError,
}
