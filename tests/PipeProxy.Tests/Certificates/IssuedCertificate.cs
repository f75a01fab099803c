using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;

namespace PipeProxy.Tests.Certificates;

/// <summary>A generated certificate with its key: roots, intermediates and leaves, good ones and deliberately bad ones.</summary>
internal sealed class IssuedCertificate(X509Certificate2 certificate, AsymmetricAlgorithm key)
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    // Generating RSA keys is slow; tests of one run share these.
    private static readonly Lazy<RSA> SharedRsa = new(static () => RSA.Create(2048));
    private static readonly Lazy<IssuedCertificate> SharedRoot = new(static () => SelfSigned("CN=Test Root"));
    private static readonly Lazy<IssuedCertificate> SharedLeaf = new(static () => Leaf());

    public static RSA Rsa2048 => SharedRsa.Value;

    public static IssuedCertificate Root => SharedRoot.Value;

    /// <summary>A leaf of <see cref="Root"/> on P-256 that no rule finds fault with at <see cref="Now"/>.</summary>
    public static IssuedCertificate Good => SharedLeaf.Value;

    public X509Certificate2 Certificate { get; } = certificate;

    public AsymmetricAlgorithm Key { get; } = key;

    public string CertificatePem => Certificate.ExportCertificatePem() + "\n";

    public string KeyPem => Key.ExportPkcs8PrivateKeyPem() + "\n";

    public string Fingerprint => CertificateStore.FingerprintOf(Certificate);

    public static IssuedCertificate SelfSigned(string subject)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return new IssuedCertificate(request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(10)), key);
    }

    public static IssuedCertificate Intermediate(string subject, IssuedCertificate issuer)
        => Issue(subject, issuer, ECDsa.Create(ECCurve.NamedCurves.nistP256), [new X509BasicConstraintsExtension(true, false, 0, true)]);

    public static IssuedCertificate Leaf(
        IssuedCertificate? issuer = null,
        string subject = "CN=client, O=Example",
        AsymmetricAlgorithm? key = null,
        DateTimeOffset? notBefore = null,
        DateTimeOffset? notAfter = null,
        IEnumerable<X509Extension>? extensions = null)
        => Issue(
            subject,
            issuer ?? Root,
            key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256),
            extensions ?? [Usage("1.3.6.1.5.5.7.3.2"), new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true)],
            notBefore,
            notAfter);

    public static X509Extension Usage(params string[] oids) => new X509EnhancedKeyUsageExtension([.. oids.Select(static oid => new Oid(oid))], false);

    public static IssuedCertificate Issue(string subject, IssuedCertificate issuer, AsymmetricAlgorithm key, IEnumerable<X509Extension> extensions, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        var request = key switch
        {
            RSA rsa => new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ECDsa ecdsa => new CertificateRequest(subject, ecdsa, HashAlgorithmName.SHA256),
            _ => throw new ArgumentException("RSA or ECDSA", nameof(key)),
        };
        return new IssuedCertificate(Sign(request, issuer, Generator(issuer.Key), extensions, notBefore, notAfter), key);
    }

    /// <summary>A certificate over a public key for which there need be no private key.</summary>
    public static X509Certificate2 OfPublicKey(PublicKey publicKey)
        => Sign(new CertificateRequest(new X500DistinguishedName("CN=odd"), publicKey, HashAlgorithmName.SHA256), Root, Generator(Root.Key), [Usage("1.3.6.1.5.5.7.3.2")]);

    /// <summary>A leaf that is signed in another way than SHA-256.</summary>
    public static X509Certificate2 SignedBy(X509SignatureGenerator generator)
        => Sign(new CertificateRequest("CN=client", Rsa2048, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), Root, generator, [Usage("1.3.6.1.5.5.7.3.2")]);

    /// <summary><see cref="Good"/> as version 1: no version field, no extensions (RFC 5280 section 4.1.2.1).</summary>
    public static X509Certificate2 Version1()
    {
        var fields = new AsnReader(Good.Certificate.RawData, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        fields.ReadEncodedValue();
        var body = new AsnWriter(AsnEncodingRules.DER);
        using (body.PushSequence())
        {
            for (var field = 0; field < 6; field++)
            {
                body.WriteEncodedValue(fields.ReadEncodedValue().Span);
            }
        }

        var generator = Generator(Root.Key);
        var whole = new AsnWriter(AsnEncodingRules.DER);
        using (whole.PushSequence())
        {
            whole.WriteEncodedValue(body.Encode());
            whole.WriteEncodedValue(generator.GetSignatureAlgorithmIdentifier(HashAlgorithmName.SHA256));
            whole.WriteBitString(generator.SignData(body.Encode(), HashAlgorithmName.SHA256));
        }

        return X509CertificateLoader.LoadCertificate(whole.Encode());
    }

    public CertificatePair ToPair(params IssuedCertificate[] issuers)
    {
        var findings = new List<CertificateFinding>();
        return CertificatePair.Parse(ChainPem(issuers), KeyPem, null, findings) ?? throw new InvalidOperationException(string.Join('\n', findings));
    }

    public string ChainPem(params IssuedCertificate[] issuers) => CertificatePem + string.Concat(issuers.Select(static issuer => issuer.CertificatePem));

    private static X509Certificate2 Sign(CertificateRequest request, IssuedCertificate issuer, X509SignatureGenerator generator, IEnumerable<X509Extension> extensions, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        foreach (var extension in extensions)
        {
            request.CertificateExtensions.Add(extension);
        }

        var serial = RandomNumberGenerator.GetBytes(12);
        serial[0] &= 0x7F;
        return request.Create(issuer.Certificate.SubjectName, generator, notBefore ?? Now.AddDays(-1), notAfter ?? Now.AddDays(365), serial);
    }

    private static X509SignatureGenerator Generator(AsymmetricAlgorithm key) => key is RSA rsa
        ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
        : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
}

/// <summary>RSA with SHA-1, which .NET no longer signs certificates with.</summary>
internal sealed class Sha1Generator(RSA rsa) : X509SignatureGenerator
{
    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.113549.1.1.5");
            writer.WriteNull();
        }

        return writer.Encode();
    }

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => rsa.SignData(data, HashAlgorithmName.SHA1, RSASignaturePadding.Pkcs1);

    protected override PublicKey BuildPublicKey() => new(rsa);
}
