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

    /// <summary>More than 64 KiB of certificates, an ALB's limit for one TLS message.</summary>
    ClientCertMaxSizeExceeded,

    /// <summary>Not X.509 version 3, or a key or signature that an ALB does not take.</summary>
    ClientCertTypeUnsupported,

    /// <summary>Not a certificate at all.</summary>
    ClientCertInvalid,

    /// <summary>It does not go with the listener's security policy. AWS documents no rule; played when <see cref="LoadBalancerOptions.FailWith"/> says so.</summary>
    ClientCertIncompatible,

    /// <summary>A rule of the server's own refuses it. AWS documents no rule; played when <see cref="LoadBalancerOptions.FailWith"/> says so.</summary>
    ClientCertRejected,

    /// <summary>Everything else: no certificate was presented, or the handshake failed before one was judged.</summary>
    UnmappedConnectionError,
}
