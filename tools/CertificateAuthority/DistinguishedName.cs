using Org.BouncyCastle.Asn1.X509;

namespace CertificateAuthority;

/// <summary>Names as people write them.</summary>
internal static class DistinguishedName
{
    /// <summary>"CN=a,O=b" is a whole name, anything without "=" a common name.</summary>
    /// <remarks>Encoded in reverse, as RFC 4514 section 2.1 has it: what was written is what readers print again.</remarks>
    public static X509Name Parse(string name) =>
        name.Contains('=') ? new X509Name(reverse: true, name) : new X509Name([X509Name.CN], [name]);
}
