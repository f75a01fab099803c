using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PipeProxy.Certificates;

/// <summary>A client certificate with its intermediates, and the private key that belongs to it: what a user uploads.</summary>
/// <remarks>Owns its certificates and its key. Never prints the key.</remarks>
public sealed class CertificatePair : IDisposable
{
    // OWASP's figure for PBKDF2 with HMAC-SHA512; its figure for SHA-256, 600000, opens slower at every start.
    private static readonly PbeParameters StoreEncryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA512, 210_000);

    private readonly AsymmetricAlgorithm _key;

    private CertificatePair(IReadOnlyList<X509Certificate2> certificates, AsymmetricAlgorithm key)
    {
        Certificates = certificates;
        _key = key;
    }

    /// <summary>Every certificate in the order of the file, the leaf first; without the key.</summary>
    public IReadOnlyList<X509Certificate2> Certificates { get; }

    /// <summary>The certificate that the key belongs to.</summary>
    public X509Certificate2 Leaf => Certificates[0];

    /// <summary>Reads and matches two PEM files, or opens a PKCS#12 file.</summary>
    /// <param name="certificateFile">PEM, leaf first, then intermediates; or PKCS#12, which holds the key as well.</param>
    /// <param name="keyFile">PKCS#8, PKCS#1 or SEC1, may be encrypted. Null for PKCS#12.</param>
    /// <param name="keyPassphrase">Opens an encrypted key or the PKCS#12 file; ignored for a plain key.</param>
    /// <param name="findings">Receives why there is no pair. <c>CertificateLint</c> judges the pair itself.</param>
    /// <returns>The pair, or null after at least one finding of severity error.</returns>
    public static CertificatePair? Read(string certificateFile, string? keyFile, string? keyPassphrase, ICollection<CertificateFinding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var bytes = CertificateFile.Read(certificateFile, certificateFile, findings);
        var isBundle = bytes is not null && (Pkcs12Bundle.IsPkcs12(bytes) || (keyFile is null && IsNamedBundle(certificateFile) && Pkcs12Bundle.IsDer(bytes)));
        if (bytes is not null && isBundle && (keyFile is null || keyFile == certificateFile))
        {
            return Pkcs12Bundle.Open(bytes, certificateFile, keyPassphrase, findings);
        }

        if (keyFile is null)
        {
            if (bytes is not null)
            {
                findings.Add(CertificateFinding.Error("no-key", $"{certificateFile} is no PKCS#12 file, so its private key is in a file of its own, which was not named.", "Name it: --key FILE"));
            }

            return null;
        }

        var key = AboutKey(findings, about => PemContent.ReadFile(keyFile, about));
        return bytes is null || key is null ? null : Match(PemContent.Of(certificateFile, bytes), key, keyPassphrase, findings);
    }

    /// <summary>Takes over certificates, leaf first, and the key that is known to belong to the leaf.</summary>
    internal static CertificatePair Of(IReadOnlyList<X509Certificate2> certificates, AsymmetricAlgorithm key) => new(certificates, key);

    /// <summary>Whether a file is, or by its name should be, PKCS#12 and so holds the key as well.</summary>
    public static bool IsBundle(string file)
        => CertificateFile.Read(file, file, new List<CertificateFinding>()) is { } bytes
            ? Pkcs12Bundle.IsPkcs12(bytes) || (IsNamedBundle(file) && Pkcs12Bundle.IsDer(bytes))
            : IsNamedBundle(file);

    // Half of such a file is not recognised by its content, but its name and first byte say what it was to be.
    private static bool IsNamedBundle(string file)
        => Path.GetExtension(file) is { } extension && (extension.Equals(".p12", StringComparison.OrdinalIgnoreCase) || extension.Equals(".pfx", StringComparison.OrdinalIgnoreCase));

    /// <summary>As <see cref="Read"/>, from text.</summary>
    public static CertificatePair? Parse(string certificatePem, string keyPem, string? keyPassphrase, ICollection<CertificateFinding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        return Match(PemContent.Of("the certificate text", Encoding.UTF8.GetBytes(certificatePem)), PemContent.Of("the key text", Encoding.UTF8.GetBytes(keyPem)), keyPassphrase, findings);
    }

    internal static CertificatePair? Match(PemContent certificateFile, PemContent keyFile, string? keyPassphrase, ICollection<CertificateFinding> findings)
    {
        if (certificateFile.HoldsKeyOnly && keyFile.HoldsCertificateOnly)
        {
            findings.Add(CertificateFinding.Error(
                "files-swapped",
                $"The two files are mixed up: {certificateFile.Name} was given as the certificate and holds a private key, {keyFile.Name} was given as the key and holds a certificate.",
                $"Swap them: --cert {keyFile.Name} --key {certificateFile.Name}"));
            return null;
        }

        var certificates = certificateFile.ReadCertificates(findings);
        var key = AboutKey(findings, about => keyFile.ReadPrivateKey(keyPassphrase, about, certificates?[0]));
        if (certificates is null || key is null)
        {
            key?.Dispose();
            Dispose(certificates);
            return null;
        }

        if (PrivateKeyBlock.Matches(certificates[0], key))
        {
            return new CertificatePair(certificates, key);
        }

        findings.Add(Mismatch(certificates, key, certificateFile.Name, keyFile.Name));
        key.Dispose();
        Dispose(certificates);
        return null;
    }

    /// <summary>The certificates as one PEM text, leaf first.</summary>
    internal string ExportCertificatePem()
    {
        var pem = new StringBuilder();
        foreach (var certificate in Certificates)
        {
            pem.Append(certificate.ExportCertificatePem()).Append('\n');
        }

        return pem.ToString();
    }

    /// <summary>The key as PKCS#8 PEM, encrypted with PBES2 and AES-256 when there is a passphrase.</summary>
    internal string ExportKeyPem(string? passphrase)
        => (passphrase is null ? _key.ExportPkcs8PrivateKeyPem() : _key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, StoreEncryption)) + "\n";

    /// <summary>A copy of the leaf that can sign.</summary>
    internal X509Certificate2 LeafWithKey()
    {
        var withKey = _key is RSA rsa ? Leaf.CopyWithPrivateKey(rsa) : Leaf.CopyWithPrivateKey((ECDsa)_key);
        if (!OperatingSystem.IsWindows())
        {
            return withKey;
        }

        // Schannel does not sign with a key that lives in memory only; by way of PKCS#12 it gets a key container.
        using (withKey)
        {
            return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static CertificateFinding Mismatch(List<X509Certificate2> certificates, AsymmetricAlgorithm key, string certificateName, string keyName)
    {
        var belongsTo = certificates.FindIndex(certificate => PrivateKeyBlock.Matches(certificate, key));
        if (belongsTo > 0)
        {
            return CertificateFinding.Error(
                "chain-order",
                $"The certificates in {certificateName} are out of order: the key belongs to number {belongsTo + 1} ({certificates[belongsTo].Subject}), which must come first.",
                "Put the leaf certificate first, then each certificate's issuer after it.");
        }

        var mismatch = CertificateFinding.Error(
            "key-mismatch",
            $"The key in {keyName} does not belong to the certificate in {certificateName} ({certificates[0].Subject}).",
            $"These two must print the same: openssl x509 -in {certificateName} -noout -pubkey; openssl pkey -in {keyName} -pubout");
        return mismatch with { IsAboutKey = true };
    }

    private static T? AboutKey<T>(ICollection<CertificateFinding> findings, Func<ICollection<CertificateFinding>, T?> read)
        where T : class
    {
        var about = new List<CertificateFinding>();
        var result = read(about);
        foreach (var finding in about)
        {
            findings.Add(finding with { IsAboutKey = true });
        }

        return result;
    }

    /// <summary>Frees the certificates and the key.</summary>
    public void Dispose()
    {
        Dispose(Certificates);
        _key.Dispose();
    }

    private static void Dispose(IEnumerable<X509Certificate2>? certificates)
    {
        foreach (var certificate in certificates ?? [])
        {
            certificate.Dispose();
        }
    }
}
