using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace AlbSimulator;

/// <summary>Judges a presented chain as an ALB in verify mode does.</summary>
/// <remarks>
/// The path is built here rather than by a platform's chain engine: that one reports several findings at once, asks its own
/// stores and the network, and differs between systems. Immutable, safe from several threads.
/// </remarks>
internal sealed class ClientCertificateVerifier
{
    /// <summary>Certificates below the root: the leaf and its intermediates.</summary>
    private const int MaxDepth = 4;

    /// <summary>An ALB's limit for the TLS message with the certificates.</summary>
    internal const int MaxBytes = 64 * 1024;

    /// <summary>Where the search for a path gives up; what lies between is reported as too deep.</summary>
    private const int MaxSearchDepth = 16;

    private static readonly HashSet<string> Signatures =
    [
        PkcsObjectIdentifiers.Sha256WithRsaEncryption.Id,
        PkcsObjectIdentifiers.Sha384WithRsaEncryption.Id,
        PkcsObjectIdentifiers.Sha512WithRsaEncryption.Id,
        X9ObjectIdentifiers.ECDsaWithSha256.Id,
        X9ObjectIdentifiers.ECDsaWithSha384.Id,
        X9ObjectIdentifiers.ECDsaWithSha512.Id,
    ];

    private readonly X509Certificate[] _trustStore;
    private readonly X509Crl[] _crls;

    public ClientCertificateVerifier(string trustStorePem, string? crlPem)
    {
        _trustStore = [.. new X509CertificateParser().ReadCertificates(System.Text.Encoding.ASCII.GetBytes(trustStorePem))];
        _crls = crlPem is null ? [] : [.. new X509CrlParser().ReadCrls(System.Text.Encoding.ASCII.GetBytes(crlPem))];
        if (_trustStore.Length == 0)
        {
            throw new ArgumentException("The trust store holds no certificate.", nameof(trustStorePem));
        }
    }

    /// <summary>Subjects for the certificate request's list of authorities.</summary>
    public IEnumerable<X509Name> Authorities => _trustStore.Select(certificate => certificate.SubjectDN);

    /// <param name="presented">Leaf first; the order of the rest does not matter. Not empty.</param>
    /// <returns>Null: accepted.</returns>
    public RejectionReason? Verify(IReadOnlyList<X509Certificate> presented)
    {
        if (presented.Sum(certificate => certificate.GetEncoded().Length) > MaxBytes)
        {
            return RejectionReason.ClientCertMaxSizeExceeded;
        }

        var leaf = presented[0];
        if (!IsSupported(leaf))
        {
            return RejectionReason.ClientCertTypeUnsupported;
        }

        var path = new List<X509Certificate> { leaf };
        if (!TryReachRoot(path, presented))
        {
            return RejectionReason.ClientCertUntrusted;
        }

        int belowRoot = path.Count - 1;
        if (belowRoot > MaxDepth)
        {
            return RejectionReason.ClientCertMaxChainDepthExceeded;
        }

        var now = DateTime.UtcNow;
        if (path.Exists(certificate => certificate.NotBefore > now))
        {
            return RejectionReason.ClientCertNotYetValid;
        }

        if (path.Exists(certificate => certificate.NotAfter < now))
        {
            return RejectionReason.ClientCertExpired;
        }

        if (leaf.GetExtendedKeyUsage() is { } purposes && !purposes.Contains(KeyPurposeID.id_kp_clientAuth))
        {
            return RejectionReason.ClientCertPurposeInvalid;
        }

        return CheckRevocation(path, now);
    }

    /// <summary>What an ALB takes: X.509v3; RSA of 2048 to 8192 bits or P-256, P-384, P-521; SHA-256, SHA-384 or SHA-512.</summary>
    private static bool IsSupported(X509Certificate leaf)
    {
        bool key = leaf.GetPublicKey() switch
        {
            RsaKeyParameters rsa => rsa.Modulus.BitLength is >= 2048 and <= 8192,
            ECPublicKeyParameters ec => ec.Parameters.Curve.FieldSize is 256 or 384 or 521,
            _ => false,
        };
        return key && leaf.Version == 3 && Signatures.Contains(leaf.SigAlgOid);
    }

    /// <summary>Extends <paramref name="path"/> to a self-signed certificate of the trust store, depth first.</summary>
    private bool TryReachRoot(List<X509Certificate> path, IReadOnlyList<X509Certificate> presented)
    {
        var last = path[^1];
        foreach (var root in _trustStore.Where(IsSelfIssued))
        {
            if (root.Equals(last))
            {
                return true;
            }

            if (Issued(root, last))
            {
                path.Add(root);
                return true;
            }
        }

        if (path.Count >= MaxSearchDepth)
        {
            return false;
        }

        foreach (var issuer in presented.Skip(1).Concat(_trustStore))
        {
            if (IsSelfIssued(issuer) || path.Contains(issuer) || !Issued(issuer, last))
            {
                continue;
            }

            path.Add(issuer);
            if (TryReachRoot(path, presented))
            {
                return true;
            }

            path.RemoveAt(path.Count - 1);
        }

        return false;
    }

    private RejectionReason? CheckRevocation(List<X509Certificate> path, DateTime now)
    {
        for (int i = 0; i < path.Count - 1; i++)
        {
            foreach (var crl in _crls)
            {
                if (!crl.IssuerDN.Equivalent(path[i].IssuerDN))
                {
                    continue;
                }

                if (!IsSignedBy(crl, path[i + 1]) || crl.NextUpdate < now)
                {
                    return RejectionReason.ClientCertCrlProcessingError;
                }

                if (crl.IsRevoked(path[i]))
                {
                    return RejectionReason.ClientCertCrlHit;
                }
            }
        }

        return null;
    }

    private static bool IsSelfIssued(X509Certificate certificate) => certificate.SubjectDN.Equivalent(certificate.IssuerDN);

    /// <summary>An issuer has the name, is a CA (version 1 roots of old may stay silent about it), and its key made the signature.</summary>
    private static bool Issued(X509Certificate issuer, X509Certificate certificate) =>
        issuer.SubjectDN.Equivalent(certificate.IssuerDN)
        && (issuer.Version < 3 || issuer.GetBasicConstraints() >= 0)
        && certificate.IsSignatureValid(issuer.GetPublicKey());

    private static bool IsSignedBy(X509Crl crl, X509Certificate issuer)
    {
        try
        {
            crl.Verify(issuer.GetPublicKey());
            return true;
        }
        catch (GeneralSecurityException)
        {
            return false;
        }
    }
}
