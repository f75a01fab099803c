namespace CertificateAuthority;

/// <summary>What a leaf says it is for: its extended key usage (RFC 5280 section 4.2.1.12).</summary>
public enum LeafUsage
{
    ClientAuth,
    ServerAuth,
    ClientAndServerAuth,

    /// <summary>Only codeSigning: wrong for TLS on either side.</summary>
    CodeSigning,

    /// <summary>No extended key usage extension at all, which permits every use.</summary>
    Unrestricted,
}
