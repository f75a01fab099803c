namespace CertificateAuthority;

/// <summary>Hash of the issuer's signature. SHA-1 is here because an ALB must refuse it.</summary>
public enum SignatureHash
{
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}
