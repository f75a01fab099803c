using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.MtlsCertificate;

/// <summary>Parts of a certificate as people read them.</summary>
internal static class CertificateText
{
    private const int ShortFingerprint = 16;
    private const string SubjectAlternativeName = "2.5.29.17";

    /// <summary>A subject or an issuer on one line.</summary>
    public static string Name(X500DistinguishedName name) => string.Concat(name.Name.Select(static c => char.IsControl(c) ? '?' : c));

    /// <summary>Date in UTC.</summary>
    public static string Date(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Date and time in UTC.</summary>
    public static string Moment(DateTimeOffset moment) => moment.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>Date of expiry and the whole days from now, coloured by urgency; of one that is not valid yet first its beginning.</summary>
    public static Cell Expiry(X509Certificate2 certificate, DateTimeOffset now)
    {
        var (notBefore, notAfter) = Validity(certificate);
        var days = DaysLeft(notAfter, now);
        if (now > notAfter)
        {
            return new Cell($"{Date(notAfter)} (expired {Count(-days, "day")} ago)", Color.Red);
        }

        if (now < notBefore)
        {
            return new Cell($"not valid until {Date(notBefore)} (then to {Date(notAfter)})", Color.Red);
        }

        return new Cell($"{Date(notAfter)} ({Count(days, "day")})", notAfter - now <= Certificates.CertificateLint.ExpiryWarning ? Color.Yellow : null);
    }

    public static int DaysLeft(DateTimeOffset notAfter, DateTimeOffset now) => (int)Math.Floor((notAfter - now).TotalDays) + (now > notAfter ? 1 : 0);

    public static (DateTimeOffset NotBefore, DateTimeOffset NotAfter) Validity(X509Certificate2 certificate)
        => (new DateTimeOffset(certificate.NotBefore).ToUniversalTime(), new DateTimeOffset(certificate.NotAfter).ToUniversalTime());

    public static string Environments(IEnumerable<EnvironmentType> environmentTypes) => string.Join(", ", EnvironmentNames(environmentTypes));

    public static IReadOnlyList<string> EnvironmentNames(IEnumerable<EnvironmentType> environmentTypes)
        => [.. environmentTypes.Order().Select(static type => type.ToString().ToLowerInvariant())];

    public static string Short(string fingerprint) => fingerprint[..ShortFingerprint];

    /// <summary>Kind and size of the public key, such as <c>RSA 2048</c>.</summary>
    public static string Key(X509Certificate2 certificate)
    {
        try
        {
            using var rsa = certificate.GetRSAPublicKey();
            if (rsa is not null)
            {
                return $"RSA {rsa.KeySize}";
            }

            using var ecdsa = certificate.GetECDsaPublicKey();
            if (ecdsa is not null)
            {
                var curve = ecdsa.ExportParameters(false).Curve.Oid;
                return curve.Value switch
                {
                    "1.2.840.10045.3.1.7" => "ECDSA P-256",
                    "1.3.132.0.34" => "ECDSA P-384",
                    "1.3.132.0.35" => "ECDSA P-521",
                    _ => $"ECDSA {curve.FriendlyName ?? curve.Value}",
                };
            }
        }
        catch (CryptographicException)
        {
            // Named by its identifier below.
        }

        return certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value ?? "unknown";
    }

    /// <summary>Extended key usages by name; empty when the certificate is not limited to any.</summary>
    public static IReadOnlyList<string> ExtendedKeyUsages(X509Certificate2 certificate)
        => [.. certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(static usage => usage.EnhancedKeyUsages.Cast<Oid>()).Select(static oid => oid.Value switch
        {
            "1.3.6.1.5.5.7.3.1" => "serverAuth",
            "1.3.6.1.5.5.7.3.2" => "clientAuth",
            "2.5.29.37.0" => "any",
            var value => value ?? "",
        })];

    // GeneralName ::= CHOICE { rfc822Name [1] IA5String, dNSName [2] IA5String, uniformResourceIdentifier [6] IA5String, iPAddress [7] OCTET STRING, ... } (RFC 5280 section 4.2.1.6)
    // .NET's own reader leaves out mail addresses and URIs, and client certificates (SPIFFE) are known by those.

    /// <summary>Subject alternative names with their kind, such as <c>DNS:client.example</c>.</summary>
    public static IReadOnlyList<string> AlternativeNames(X509Certificate2 certificate)
    {
        var names = new List<string>();
        try
        {
            foreach (var extension in certificate.Extensions.Where(static extension => extension.Oid?.Value == SubjectAlternativeName))
            {
                var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
                while (reader.HasData)
                {
                    var tag = reader.PeekTag();
                    names.Add(tag.TagValue switch
                    {
                        1 => $"email:{reader.ReadCharacterString(UniversalTagNumber.IA5String, tag)}",
                        2 => $"DNS:{reader.ReadCharacterString(UniversalTagNumber.IA5String, tag)}",
                        6 => $"URI:{reader.ReadCharacterString(UniversalTagNumber.IA5String, tag)}",
                        7 => $"IP:{new IPAddress(reader.ReadOctetString(tag))}",
                        _ => Skip(reader),
                    });
                }
            }
        }
        catch (Exception e) when (e is AsnContentException or ArgumentException)
        {
            names.Add("(damaged)");
        }

        return names;
    }

    private static string Skip(AsnReader reader)
    {
        reader.ReadEncodedValue();
        return "(other)";
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
