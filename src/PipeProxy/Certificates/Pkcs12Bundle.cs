using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Certificates;

/// <summary>A PKCS#12 file (RFC 7292; .p12, .pfx): certificates and a key in one, under a passphrase.</summary>
/// <remarks>Read by .NET: PBES2 with AES, and the older SHA-1 with 3DES or RC2 where the system's OpenSSL has them.</remarks>
internal static class Pkcs12Bundle
{
    // ERROR_INVALID_PASSWORD, which .NET reports on every system.
    private const int InvalidPassword = unchecked((int)0x80070056);

    /// <summary>Whether <paramref name="bytes"/> are such a file.</summary>
    public static bool IsPkcs12(byte[] bytes)
    {
        if (!IsDer(bytes))
        {
            return false;
        }

        try
        {
            return X509Certificate2.GetCertContentType(bytes) == X509ContentType.Pkcs12;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Whether <paramref name="bytes"/> begin as DER does, with a SEQUENCE; text never begins so.</summary>
    public static bool IsDer(byte[] bytes) => bytes.Length > 0 && bytes[0] == 0x30;

    /// <summary>The pair in <paramref name="bytes"/>, leaf first and then along issuers; or null and one finding that says why there is none.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="name">What the messages call it.</param>
    /// <param name="passphrase">Null tries the empty one, which is no protection at all.</param>
    /// <param name="findings">Receives the finding.</param>
    public static CertificatePair? Open(byte[] bytes, string name, string? passphrase, ICollection<CertificateFinding> findings)
    {
        X509Certificate2Collection all;
        try
        {
            // Exportable: the store writes keys in a form of its own. Ephemeral: no copy of the key on the disk; macOS has no such thing.
            var flags = OperatingSystem.IsMacOS() ? X509KeyStorageFlags.Exportable : X509KeyStorageFlags.Exportable | X509KeyStorageFlags.EphemeralKeySet;
            all = X509CertificateLoader.LoadPkcs12Collection(bytes, passphrase, flags);
        }
        catch (CryptographicException e)
        {
            findings.Add(Explain(e, name, passphrase));
            return null;
        }

        try
        {
            return Pair(all, name, findings);
        }
        finally
        {
            foreach (var certificate in all)
            {
                certificate.Dispose();
            }
        }
    }

    private static CertificatePair? Pair(X509Certificate2Collection all, string name, ICollection<CertificateFinding> findings)
    {
        var owners = all.Where(static certificate => certificate.HasPrivateKey).ToList();
        if (owners.Count != 1)
        {
            findings.Add(owners.Count == 0
                ? CertificateFinding.Error("no-key", $"{name} holds no private key that belongs to one of its certificates.", "Export it again with its key: openssl pkcs12 -export -in certificate.pem -inkey key.pem -out new.pfx")
                : CertificateFinding.Error("key-several", $"{name} holds {owners.Count} private keys; which one is meant cannot be known.", "Export the one that belongs to the client certificate alone."));
            return null;
        }

        AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)owners[0].GetRSAPrivateKey() ?? owners[0].GetECDsaPrivateKey();
        if (key is null)
        {
            findings.Add(CertificateFinding.Error("key-type", $"{name} holds a key of type {owners[0].PublicKey.Oid.FriendlyName}, which an ALB does not accept.", "Use an RSA key of 2048 to 8192 bits, or an ECDSA key on P-256, P-384 or P-521."));
            return null;
        }

        // Such files come in any order; what is sent has one (RFC 8446 section 4.4.2).
        var certificates = new[] { owners[0] }.Concat(all.Where(certificate => certificate != owners[0])).Select(static certificate => X509CertificateLoader.LoadCertificate(certificate.RawData)).ToList();
        var path = CertificateLint.FollowIssuers(certificates);
        return CertificatePair.Of([.. path.Concat(Enumerable.Range(0, certificates.Count).Except(path)).Select(index => certificates[index])], key);
    }

    private static CertificateFinding Explain(CryptographicException e, string name, string? passphrase) => e switch
    {
        Pkcs12LoadLimitExceededException => CertificateFinding.Error("pkcs12-rounds", $"{name} asks for more rounds of key derivation than are computed here.", $"Make it again with fewer, at most 300000 (openssl pkcs12 -export -iter)."),
        { HResult: InvalidPassword } when string.IsNullOrEmpty(passphrase) => CertificateFinding.Error("key-encrypted", $"{name} is protected by a passphrase and none was given.", "Give the file that holds it: --key-passphrase-file FILE"),
        { HResult: InvalidPassword } => CertificateFinding.Error("key-passphrase", $"The passphrase given does not open {name}.", $"Try the passphrase with: openssl pkcs12 -in {name} -noout"),
        _ => CertificateFinding.Error("pkcs12-malformed", $"{name} is a PKCS#12 file that cannot be read: it is damaged, or encrypted in a way that this system does not know.", $"Look into it: openssl pkcs12 -in {name} -noout -info"),
    };
}
