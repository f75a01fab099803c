using System.Globalization;
using System.Security.Cryptography;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.X509;

namespace AlbSimulator;

/// <summary>The fields by which an ALB tells its target about the client's certificate.</summary>
internal static class CertificateFields
{
    public const string Prefix = "X-Amzn-Mtls-";

    /// <summary>Verify mode: facts about the leaf.</summary>
    public static (string Name, string Value)[] OfVerified(X509Certificate leaf) =>
    [
        ("X-Amzn-Mtls-Clientcert-Serial-Number", SerialNumberOf(leaf)),
        ("X-Amzn-Mtls-Clientcert-Issuer", NameOf(leaf.IssuerDN)),
        ("X-Amzn-Mtls-Clientcert-Subject", NameOf(leaf.SubjectDN)),
        ("X-Amzn-Mtls-Clientcert-Validity", ValidityOf(leaf)),
        ("X-Amzn-Mtls-Clientcert-Leaf", Encode(PemOf(leaf))),
    ];

    /// <summary>Passthrough mode: the chain as it came.</summary>
    public static (string Name, string Value)[] OfPassedThrough(IEnumerable<X509Certificate> chain) =>
        [("X-Amzn-Mtls-Clientcert", Encode(string.Concat(chain.Select(PemOf))))];

    /// <summary>RFC 2253 form, most specific first.</summary>
    public static string NameOf(X509Name name) => name.ToString(true, X509Name.RFC2253Symbols);

    public static string SerialNumberOf(X509Certificate certificate) => Convert.ToHexString(certificate.SerialNumber.ToByteArrayUnsigned());

    public static string ValidityOf(X509Certificate certificate) =>
        string.Create(CultureInfo.InvariantCulture, $"NotBefore={certificate.NotBefore:yyyy-MM-ddTHH:mm:ssZ};NotAfter={certificate.NotAfter:yyyy-MM-ddTHH:mm:ssZ}");

    private static string PemOf(X509Certificate certificate) => PemEncoding.WriteString("CERTIFICATE", certificate.GetEncoded()) + "\n";

    /// <summary>URL-encoded, with <c>+=/</c> left as they are: the ALB's documentation calls them safe.</summary>
    private static string Encode(string pem) => Uri.EscapeDataString(pem).Replace("%2B", "+").Replace("%3D", "=").Replace("%2F", "/");
}
