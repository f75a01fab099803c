using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Certificates;

/// <content>Rules about several certificates in one file.</content>
public static partial class CertificateLint
{
    /// <summary>Certificates that an ALB follows from the leaf on, the leaf included and the root not.</summary>
    public const int MaxChainDepth = 4;

    // ALB quotas for mutual TLS: 64 KiB for one TLS message, 16 KiB for one CA certificate.
    private const int MaxChainBytes = 64 * 1024;
    private const int MaxCertificateBytes = 16 * 1024;

    private static void CheckChain(IReadOnlyList<X509Certificate2> certificates, List<CertificateFinding> findings)
    {
        CheckSizes(certificates, findings);
        if (certificates.Count == 1)
        {
            if (IsSelfIssued(certificates[0]))
            {
                findings.Add(CertificateFinding.Warning("self-signed", "The certificate is self-signed, so an ALB's trust store must hold the certificate itself.", "Have a CA issue it, and put the CA's certificate into the trust store."));
            }

            return;
        }

        var path = FollowIssuers(certificates);
        if (!path.SequenceEqual(path.Order()))
        {
            findings.Add(CertificateFinding.Error(
                "chain-order",
                "The certificates in the file are out of order: after the leaf, each must be followed by its issuer.",
                $"Put them in this order: {string.Join("; ", path.Select(i => certificates[i].Subject))}"));
        }

        var depth = path.Count(i => i == 0 || !IsSelfIssued(certificates[i]));
        if (depth > MaxChainDepth)
        {
            findings.Add(CertificateFinding.Error("chain-depth", $"The chain has {depth} certificates without the root; an ALB follows at most {MaxChainDepth}.", "Have the certificate issued by a CA nearer to the root, or put a nearer CA into the trust store and leave out what is above it."));
        }

        for (var i = 1; i < certificates.Count; i++)
        {
            CheckIssuer(certificates, i, path, findings);
        }
    }

    private static void CheckIssuer(IReadOnlyList<X509Certificate2> certificates, int index, List<int> path, List<CertificateFinding> findings)
    {
        var certificate = certificates[index];
        if (IsSelfIssued(certificate))
        {
            findings.Add(CertificateFinding.Warning("chain-root", $"{Call(certificates, index)} is a root; it is not sent, as the other side must have it already.", "Leave it out of the file, and put it into the ALB's trust store."));
        }
        else if (certificates.Take(index).Any(earlier => earlier.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span)))
        {
            findings.Add(CertificateFinding.Warning("chain-duplicate", $"{Call(certificates, index)} is in the file twice.", "Leave one of them out."));
        }
        else if (!path.Contains(index))
        {
            findings.Add(CertificateFinding.Warning("chain-unrelated", $"{Call(certificates, index)} issued none of the others; it is not sent.", "Replace it by the certificate that issued the leaf, or leave it out."));
        }
        else if (!certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(static constraints => constraints.CertificateAuthority))
        {
            findings.Add(CertificateFinding.Warning("intermediate-not-ca", $"{Call(certificates, index)} is not marked as a CA (basicConstraints), so what it issued is not believed.", "Use a certificate that a CA issued."));
        }
    }

    private static void CheckSizes(IReadOnlyList<X509Certificate2> certificates, List<CertificateFinding> findings)
    {
        for (var i = 0; i < certificates.Count; i++)
        {
            if (certificates[i].RawDataMemory.Length > MaxCertificateBytes)
            {
                findings.Add(CertificateFinding.Warning("certificate-size", $"{Call(certificates, i)} has {certificates[i].RawDataMemory.Length} bytes; an ALB's limit for a CA certificate is {MaxCertificateBytes}, and its headers to the target grow as well.", "Have it issued with fewer names or extensions."));
            }
        }

        var total = certificates.Sum(static certificate => certificate.RawDataMemory.Length);
        if (total > MaxChainBytes)
        {
            findings.Add(CertificateFinding.Error("chain-size", $"The chain has {total} bytes; an ALB takes TLS messages of at most {MaxChainBytes}.", "Have the certificates issued with fewer names or extensions."));
        }
    }

    /// <summary>Indexes from the leaf along issuers as far as the file goes.</summary>
    internal static List<int> FollowIssuers(IReadOnlyList<X509Certificate2> certificates)
    {
        var path = new List<int> { 0 };
        while (!IsSelfIssued(certificates[path[^1]]))
        {
            var child = certificates[path[^1]];
            var issuer = Enumerable.Range(1, certificates.Count - 1).FirstOrDefault(i => !path.Contains(i) && IsIssuedBy(child, certificates[i]));
            if (issuer == 0)
            {
                break;
            }

            path.Add(issuer);
        }

        return path;
    }

    private static bool IsSelfIssued(X509Certificate2 certificate)
        => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    // Names alone are not enough: a CA that got a new key keeps its name, and then the old certificate vouches for nothing.
    private static bool IsIssuedBy(X509Certificate2 child, X509Certificate2 issuer)
    {
        if (!child.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData))
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(issuer);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllFlags;
        chain.Build(child);
        return chain.ChainElements.Count > 1
            && chain.ChainElements[1].Certificate.RawDataMemory.Span.SequenceEqual(issuer.RawDataMemory.Span)
            && !chain.ChainElements[0].ChainElementStatus.Any(static status => status.Status.HasFlag(X509ChainStatusFlags.NotSignatureValid));
    }
}
