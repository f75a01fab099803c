using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace CertificateAuthority;

/// <summary>A certification authority in memory: a root or an intermediate, which issues leaves, intermediates and CRLs.</summary>
/// <remarks>For development and tests only: there is no record of what was issued. Issuing is safe from several threads.</remarks>
public sealed class Authority
{
    private readonly X509Certificate _certificate;
    private readonly PrivateKey _key;
    private readonly Authority? _issuer;

    private Authority(X509Certificate certificate, PrivateKey key, Authority? issuer)
    {
        _certificate = certificate;
        _key = key;
        _issuer = issuer;
    }

    /// <summary>The authority's own certificate, for a trust store.</summary>
    public string CertificatePem => Pem.OfCertificate(_certificate);

    /// <summary>This intermediate and those above it, without the root; empty for a root.</summary>
    public string ChainPem => string.Concat(Intermediates.Select(Pem.OfCertificate));

    /// <summary>The root above this authority, or itself.</summary>
    public Authority Root => _issuer is null ? this : _issuer.Root;

    /// <summary>The name as RFC 4514 writes it.</summary>
    public string Subject => _certificate.SubjectDN.ToString(true, X509Name.RFC2253Symbols);

    internal string PrivateKeyPem => _key.ToPem(KeyFormat.Pkcs8);

    internal IEnumerable<X509Certificate> Intermediates =>
        _issuer is null ? [] : [_certificate, .. _issuer.Intermediates];

    public static Authority CreateRoot(string name, KeyKind key = KeyKind.EcdsaP256, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        var pair = PrivateKey.Generate(key);
        var subject = DistinguishedName.Parse(name);
        var generator = NewAuthorityCertificate(subject, subject, pair, pair, notBefore, notAfter);
        return new Authority(generator.Generate(Signer(pair, SignatureHash.Sha256)), pair, issuer: null);
    }

    public Authority CreateIntermediate(string name, KeyKind key = KeyKind.EcdsaP256, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        var pair = PrivateKey.Generate(key);
        var generator = NewAuthorityCertificate(DistinguishedName.Parse(name), _certificate.SubjectDN, pair, _key, notBefore, notAfter);
        return new Authority(generator.Generate(Signer(_key, SignatureHash.Sha256)), pair, issuer: this);
    }

    /// <summary>A line of <paramref name="count"/> intermediates below this authority; the last is returned.</summary>
    public Authority CreateIntermediates(int count, string namePrefix = "Intermediate")
    {
        var authority = this;
        for (int level = 1; level <= count; level++)
        {
            authority = authority.CreateIntermediate($"{namePrefix} {level}");
        }

        return authority;
    }

    public IssuedCertificate Issue(LeafOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var pair = PrivateKey.Generate(options.Key);
        var signer = Signer(_key, options.SignatureHash);
        var certificate = options.Version1
            ? LeafCertificate.Version1(options, _certificate, pair).Generate(signer)
            : LeafCertificate.Version3(options, _certificate, _key, pair).Generate(signer);
        return new IssuedCertificate(certificate, [.. Intermediates], pair);
    }

    /// <summary>A good client certificate for <paramref name="subject"/>.</summary>
    public IssuedCertificate IssueClient(string subject, KeyKind key = KeyKind.EcdsaP256) => Issue(LeafOptions.Client(subject, key));

    /// <summary>A server certificate for localhost and the loopback addresses, and for <paramref name="names"/> in addition.</summary>
    public IssuedCertificate IssueServer(KeyKind key = KeyKind.EcdsaP256, params string[] names) => Issue(LeafOptions.Server(key, names));

    /// <summary>A certificate revocation list of this authority, valid for a week, in PEM.</summary>
    public string CreateCrl(params IssuedCertificate[] revoked) => CreateCrl(revoked.Select(certificate => certificate.SerialNumber));

    /// <summary>The same by serial numbers in hexadecimal.</summary>
    public string CreateCrl(IEnumerable<string> revokedSerialNumbers)
    {
        var now = DateTime.UtcNow;
        var generator = new X509V2CrlGenerator();
        generator.SetIssuerDN(_certificate.SubjectDN);
        generator.SetThisUpdate(now.AddMinutes(-5));
        generator.SetNextUpdate(now.AddDays(7));
        foreach (string serialNumber in revokedSerialNumbers)
        {
            generator.AddCrlEntry(new BigInteger(serialNumber, 16), now.AddMinutes(-5), CrlReason.KeyCompromise);
        }

        generator.AddExtension(X509Extensions.AuthorityKeyIdentifier, critical: false, KeyIdentifiers.OfIssuer(_key.Public));
        generator.AddExtension(X509Extensions.CrlNumber, critical: false, new CrlNumber(BigInteger.ValueOf(now.Ticks)));
        return Pem.OfCrl(generator.Generate(Signer(_key, SignatureHash.Sha256)));
    }

    /// <summary>Restores an authority that <see cref="AuthorityFolder"/> stored.</summary>
    internal static Authority FromPem(string certificatePem, string keyPem, Authority? issuer) =>
        new(new X509CertificateParser().ReadCertificate(System.Text.Encoding.ASCII.GetBytes(certificatePem)), PrivateKey.Parse(keyPem), issuer);

    private static X509V3CertificateGenerator NewAuthorityCertificate(
        X509Name subject, X509Name issuer, PrivateKey pair, PrivateKey issuerPair, DateTimeOffset? notBefore, DateTimeOffset? notAfter)
    {
        var generator = new X509V3CertificateGenerator();
        generator.SetSerialNumber(SerialNumber.Next());
        generator.SetIssuerDN(issuer);
        generator.SetSubjectDN(subject);
        generator.SetNotBefore((notBefore ?? DateTimeOffset.UtcNow.AddDays(-60)).UtcDateTime);
        generator.SetNotAfter((notAfter ?? DateTimeOffset.UtcNow.AddYears(10)).UtcDateTime);
        generator.SetPublicKey(pair.Public);
        generator.AddExtension(X509Extensions.BasicConstraints, critical: true, new BasicConstraints(cA: true));
        generator.AddExtension(X509Extensions.KeyUsage, critical: true, new KeyUsage(KeyUsage.KeyCertSign | KeyUsage.CrlSign));
        generator.AddExtension(X509Extensions.SubjectKeyIdentifier, critical: false, KeyIdentifiers.OfSubject(pair.Public));
        generator.AddExtension(X509Extensions.AuthorityKeyIdentifier, critical: false, KeyIdentifiers.OfIssuer(issuerPair.Public));
        return generator;
    }

    private static Asn1SignatureFactory Signer(PrivateKey key, SignatureHash hash)
    {
        string digest = hash switch
        {
            SignatureHash.Sha1 => "SHA1",
            SignatureHash.Sha384 => "SHA384",
            SignatureHash.Sha512 => "SHA512",
            _ => "SHA256",
        };
        return new Asn1SignatureFactory($"{digest}WITH{(key.IsRsa ? "RSA" : "ECDSA")}", key.Private, new SecureRandom());
    }
}
