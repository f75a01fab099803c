namespace CertificateAuthority;

/// <summary>How a private key is written. PKCS#1 exists for RSA alone, SEC1 for ECDSA alone.</summary>
public enum KeyFormat
{
    Pkcs8,
    Pkcs1,
    Sec1,
}
