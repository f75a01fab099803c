using System.Security.Cryptography;
using Org.BouncyCastle.X509;

namespace CertificateAuthority;

/// <summary>PEM text, each block ended by a line feed so that blocks can be put one after the other.</summary>
internal static class Pem
{
    public static string OfCertificate(X509Certificate certificate) => PemEncoding.WriteString("CERTIFICATE", certificate.GetEncoded()) + "\n";

    public static string OfCrl(X509Crl crl) => PemEncoding.WriteString("X509 CRL", crl.GetEncoded()) + "\n";
}
