using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.X509;

namespace CertificateAuthority;

/// <summary>Turns <see cref="LeafOptions"/> into a certificate that awaits its signature.</summary>
internal static class LeafCertificate
{
    public static X509V1CertificateGenerator Version1(LeafOptions options, X509Certificate issuer, PrivateKey pair)
    {
        var generator = new X509V1CertificateGenerator();
        generator.SetSerialNumber(SerialNumber.Next());
        generator.SetIssuerDN(issuer.SubjectDN);
        generator.SetSubjectDN(DistinguishedName.Parse(options.Subject));
        generator.SetNotBefore(options.NotBefore.UtcDateTime);
        generator.SetNotAfter(options.NotAfter.UtcDateTime);
        generator.SetPublicKey(pair.Public);
        return generator;
    }

    public static X509V3CertificateGenerator Version3(LeafOptions options, X509Certificate issuer, PrivateKey issuerKey, PrivateKey pair)
    {
        var generator = new X509V3CertificateGenerator();
        generator.SetSerialNumber(SerialNumber.Next());
        generator.SetIssuerDN(issuer.SubjectDN);
        generator.SetSubjectDN(DistinguishedName.Parse(options.Subject));
        generator.SetNotBefore(options.NotBefore.UtcDateTime);
        generator.SetNotAfter(options.NotAfter.UtcDateTime);
        generator.SetPublicKey(pair.Public);
        generator.AddExtension(X509Extensions.BasicConstraints, critical: true, new BasicConstraints(cA: false));
        generator.AddExtension(X509Extensions.KeyUsage, critical: true, new KeyUsage(KeyUsage.DigitalSignature));
        generator.AddExtension(X509Extensions.SubjectKeyIdentifier, critical: false, KeyIdentifiers.OfSubject(pair.Public));
        generator.AddExtension(X509Extensions.AuthorityKeyIdentifier, critical: false, KeyIdentifiers.OfIssuer(issuerKey.Public));
        if (PurposesOf(options.Usage) is { Length: > 0 } purposes)
        {
            generator.AddExtension(X509Extensions.ExtendedKeyUsage, critical: false, new ExtendedKeyUsage(purposes));
        }

        GeneralName[] names =
        [
            .. options.DnsNames.Select(name => new GeneralName(GeneralName.DnsName, name)),
            .. options.IpAddresses.Select(address => new GeneralName(GeneralName.IPAddress, address.ToString())),
        ];
        if (names.Length > 0)
        {
            generator.AddExtension(X509Extensions.SubjectAlternativeName, critical: false, new GeneralNames(names));
        }

        return generator;
    }

    private static KeyPurposeID[] PurposesOf(LeafUsage usage) => usage switch
    {
        LeafUsage.ClientAuth => [KeyPurposeID.id_kp_clientAuth],
        LeafUsage.ServerAuth => [KeyPurposeID.id_kp_serverAuth],
        LeafUsage.ClientAndServerAuth => [KeyPurposeID.id_kp_clientAuth, KeyPurposeID.id_kp_serverAuth],
        LeafUsage.CodeSigning => [KeyPurposeID.id_kp_codeSigning],
        _ => [],
    };
}
