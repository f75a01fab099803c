namespace CertificateAuthority;

/// <summary>Algorithm and size of a key pair. RSA-1024 is here because an ALB must refuse it.</summary>
public enum KeyKind
{
    Rsa1024,
    Rsa2048,
    Rsa3072,
    Rsa4096,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
}

/// <summary>Hash of the issuer's signature. SHA-1 is here because an ALB must refuse it.</summary>
public enum SignatureHash
{
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

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

/// <summary>How a private key is written. PKCS#1 exists for RSA alone, SEC1 for ECDSA alone.</summary>
public enum KeyFormat
{
    Pkcs8,
    Pkcs1,
    Sec1,
}
