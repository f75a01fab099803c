using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Certificates;

/// <summary>Judges a client certificate by the rules of an ALB in mTLS verify mode, before the ALB does.</summary>
/// <remarks>
/// Errors are what no ALB ever accepts: version, key type and size, signature hash, order and depth of the chain, size. Warnings are what
/// time or another trust store may mend: dates, key usage, certificates that are not sent.
/// </remarks>
public static partial class CertificateLint
{
    /// <summary>From this long before its end a certificate is reported.</summary>
    public static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(30);

    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private const string AnyExtendedKeyUsage = "2.5.29.37.0";
    private const string RsaPss = "1.2.840.113549.1.1.10";

    // The ALB's documentation, "mutual authentication": RSA of 2K to 8K; secp256r1, secp384r1, secp521r1.
    private const int MinRsaBits = 2048;
    private const int MaxRsaBits = 8192;

    /// <summary>Applies every rule.</summary>
    /// <param name="certificates">The file's certificates in its order, the leaf first; at least one.</param>
    /// <param name="now">The moment that dates are compared with.</param>
    /// <returns>All findings, errors first; empty when there is nothing to say.</returns>
    public static IReadOnlyList<CertificateFinding> Check(IReadOnlyList<X509Certificate2> certificates, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentOutOfRangeException.ThrowIfZero(certificates.Count, nameof(certificates));
        var findings = new List<CertificateFinding>();
        for (var i = 0; i < certificates.Count; i++)
        {
            // A root is not sent, so only what it signed is judged.
            if (i == 0 || !IsSelfIssued(certificates[i]))
            {
                CheckKey(certificates[i], Call(certificates, i), findings);
                CheckSignature(certificates[i], Call(certificates, i), findings);
            }
        }

        CheckLeaf(certificates[0], findings);
        for (var i = 0; i < certificates.Count; i++)
        {
            CheckDates(certificates[i], Call(certificates, i), now, findings);
        }

        CheckChain(certificates, findings);
        return [.. findings.OrderByDescending(static finding => finding.Severity)];
    }

    private static void CheckLeaf(X509Certificate2 leaf, List<CertificateFinding> findings)
    {
        if (leaf.Version != 3)
        {
            findings.Add(CertificateFinding.Error("x509-version", $"The certificate is X.509 version {leaf.Version}; an ALB takes version 3 only.", "Have it issued again with at least one extension, such as extendedKeyUsage, which makes it version 3."));
        }

        foreach (var extension in leaf.Extensions)
        {
            switch (extension)
            {
                case X509EnhancedKeyUsageExtension usage when !Has(usage, ClientAuth):
                    findings.Add(Has(usage, AnyExtendedKeyUsage)
                        ? CertificateFinding.Warning("eku", "The extended key usage is 'any' and does not name clientAuth; some verifiers want it by name.", "Have it issued again with extendedKeyUsage = clientAuth.")
                        : CertificateFinding.Warning("eku", $"The extended key usage does not include clientAuth (it has {Names(usage)}); an ALB refuses it with ClientCertPurposeInvalid.", "Have it issued again with extendedKeyUsage = clientAuth."));
                    break;
                case X509KeyUsageExtension usage when !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature):
                    findings.Add(CertificateFinding.Warning("key-usage", "The key usage does not include digitalSignature, which a TLS client needs to prove that it holds the key.", "Have it issued again with keyUsage = digitalSignature."));
                    break;
                case X509BasicConstraintsExtension { CertificateAuthority: true }:
                    findings.Add(CertificateFinding.Warning("leaf-is-ca", "The first certificate is a CA's; a client certificate should not be able to issue others.", "Check that the leaf comes first, or have a leaf issued."));
                    break;
            }
        }
    }

    private static void CheckKey(X509Certificate2 certificate, string what, List<CertificateFinding> findings)
    {
        try
        {
            using var rsa = certificate.GetRSAPublicKey();
            if (rsa is not null)
            {
                if (rsa.KeySize is < MinRsaBits or > MaxRsaBits)
                {
                    findings.Add(CertificateFinding.Error("rsa-size", $"{what} has an RSA key of {rsa.KeySize} bits; an ALB takes {MinRsaBits} to {MaxRsaBits}.", "Make a key of 2048 or 3072 bits and have it certified."));
                }

                return;
            }

            using var ecdsa = certificate.GetECDsaPublicKey();
            if (ecdsa is not null)
            {
                var curve = ecdsa.ExportParameters(false).Curve;
                if (!IsAccepted(curve) || !IsNamed(certificate.PublicKey))
                {
                    findings.Add(CertificateFinding.Error("ec-curve", $"{what} has a key on a curve {(IsNamed(certificate.PublicKey) ? $"called {NameOf(curve)}" : "given by parameters instead of its name")}; an ALB takes P-256, P-384 and P-521.", "Make a key on P-256 and have it certified: openssl ecparam -genkey -name prime256v1"));
                }

                return;
            }
        }
        catch (CryptographicException)
        {
            // A key that the platform cannot read is on no accepted curve.
        }

        findings.Add(CertificateFinding.Error("key-type", $"{what} has a key of type {NameOf(certificate.PublicKey.Oid)}; an ALB takes RSA and ECDSA.", "Make an RSA key of 2048 bits or a P-256 key and have it certified."));
    }

    private static void CheckSignature(X509Certificate2 certificate, string what, List<CertificateFinding> findings)
    {
        var algorithm = certificate.SignatureAlgorithm.Value == RsaPss ? PssHash(certificate) : certificate.SignatureAlgorithm.Value;
        var accepted = algorithm is
            "1.2.840.113549.1.1.11" or "1.2.840.113549.1.1.12" or "1.2.840.113549.1.1.13" // RSA with SHA-256, 384, 512
            or "1.2.840.10045.4.3.2" or "1.2.840.10045.4.3.3" or "1.2.840.10045.4.3.4" // ECDSA with SHA-256, 384, 512
            or "2.16.840.1.101.3.4.2.1" or "2.16.840.1.101.3.4.2.2" or "2.16.840.1.101.3.4.2.3"; // the hashes, for PSS
        if (!accepted)
        {
            findings.Add(CertificateFinding.Error("signature-hash", $"{what} is signed with {NameOf(certificate.SignatureAlgorithm)}; an ALB takes SHA-256, SHA-384 and SHA-512 with RSA or ECDSA.", "Have the CA issue it again with SHA-256."));
        }
    }

    private static void CheckDates(X509Certificate2 certificate, string what, DateTimeOffset now, List<CertificateFinding> findings)
    {
        var (from, to) = (new DateTimeOffset(certificate.NotBefore).ToUniversalTime(), new DateTimeOffset(certificate.NotAfter).ToUniversalTime());
        if (now > to)
        {
            findings.Add(CertificateFinding.Warning("expired", $"{what} expired on {to:yyyy-MM-dd HH:mm} UTC; routes that name it answer 522.", "Have it issued again, then upload it with 'pipeproxy mtls-certificate update'."));
        }
        else if (now < from)
        {
            findings.Add(CertificateFinding.Warning("not-yet-valid", $"{what} is not valid before {from:yyyy-MM-dd HH:mm} UTC; until then routes that name it answer 522.", "Wait, or check the system's clock."));
        }
        else if (to - now <= ExpiryWarning)
        {
            findings.Add(CertificateFinding.Warning("expires-soon", $"{what} expires on {to:yyyy-MM-dd HH:mm} UTC, in {(int)(to - now).TotalDays} days.", "Have it issued again soon, then upload it with 'pipeproxy mtls-certificate update'."));
        }
    }

    private static bool IsAccepted(ECCurve curve) => curve.IsNamed && (curve.Oid.Value is { } oid
        ? oid is "1.2.840.10045.3.1.7" or "1.3.132.0.34" or "1.3.132.0.35"
        : curve.Oid.FriendlyName is "nistP256" or "nistP384" or "nistP521");

    // ECParameters ::= CHOICE { namedCurve OBJECT IDENTIFIER } and nothing else in certificates (RFC 5480 section 2.1.1); OpenSSL gives known parameters their name back.
    private static bool IsNamed(PublicKey key) => key.EncodedParameters?.RawData is [0x06, ..];

    private static string NameOf(ECCurve curve) => curve.IsNamed ? NameOf(curve.Oid) : "unknown";

    private static string NameOf(Oid oid) => string.IsNullOrEmpty(oid.FriendlyName) ? oid.Value ?? "unknown" : oid.FriendlyName;

    private static bool Has(X509EnhancedKeyUsageExtension usage, string oid) => usage.EnhancedKeyUsages.Cast<Oid>().Any(one => one.Value == oid);

    private static string Names(X509EnhancedKeyUsageExtension usage) => string.Join(", ", usage.EnhancedKeyUsages.Cast<Oid>().Select(NameOf));

    private static string Call(IReadOnlyList<X509Certificate2> certificates, int index)
        => index == 0 ? "The certificate" : $"Certificate {index + 1} in the file ({certificates[index].Subject})";

    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, ... } (RFC 5280 section 4.1)
    // RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] EXPLICIT AlgorithmIdentifier DEFAULT sha1, ... } (RFC 4055 section 3.1)
    private static string? PssHash(X509Certificate2 certificate)
    {
        try
        {
            var outer = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
            outer.ReadEncodedValue();
            var algorithm = outer.ReadSequence();
            algorithm.ReadObjectIdentifier();
            var parameters = algorithm.ReadSequence();
            return parameters.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence().ReadObjectIdentifier();
        }
        catch (AsnContentException)
        {
            return null;
        }
    }
}
