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
