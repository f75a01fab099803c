using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Diagnosis;

/// <summary>What people want to know of one certificate of a chain. Never a key.</summary>
/// <param name="Subject">Whom it names.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="NotBefore">Start of its validity, UTC.</param>
/// <param name="NotAfter">End of its validity, UTC.</param>
/// <param name="Fingerprint">SHA-256 over DER, lower-case hex.</param>
/// <param name="Names">DNS names and IP addresses that it is for; empty for clients and authorities.</param>
public sealed record CertificateSummary(string Subject, string Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string Fingerprint, IReadOnlyList<string> Names)
{
    internal static CertificateSummary Of(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.AddRange(extension.EnumerateDnsNames());
            names.AddRange(extension.EnumerateIPAddresses().Select(static address => address.ToString()));
        }

        return new CertificateSummary(
            certificate.Subject,
            certificate.Issuer,
            new DateTimeOffset(certificate.NotBefore).ToUniversalTime(),
            new DateTimeOffset(certificate.NotAfter).ToUniversalTime(),
            Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)),
            names);
    }
}
