using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.X509.Extension;

namespace CertificateAuthority;

/// <summary>The extensions that tie a certificate to its issuer (RFC 5280 sections 4.2.1.1 and 4.2.1.2).</summary>
internal static class KeyIdentifiers
{
    public static SubjectKeyIdentifier OfSubject(AsymmetricKeyParameter key) => X509ExtensionUtilities.CreateSubjectKeyIdentifier(key);

    public static AuthorityKeyIdentifier OfIssuer(AsymmetricKeyParameter key) => X509ExtensionUtilities.CreateAuthorityKeyIdentifier(key);
}
