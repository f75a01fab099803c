using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PipeProxy.Certificates;

/// <summary>The content of one file that should hold certificates or a key, and what it holds in fact.</summary>
internal sealed class PemContent
{
    private readonly byte[] _bytes;
    private readonly IReadOnlyList<PemBlock> _blocks;
    private readonly int _unfinishedLine;

    private PemContent(string name, byte[] bytes)
    {
        Name = name;
        _bytes = bytes;
        _blocks = PemBlock.ReadAll(Encoding.UTF8.GetString(bytes), out _unfinishedLine);
    }

    /// <summary>What messages call it: the path as the user wrote it.</summary>
    public string Name { get; }

    public bool HoldsKeyOnly => _blocks.Any(static block => block.IsPrivateKey) && !_blocks.Any(static block => block.IsCertificate);

    public bool HoldsCertificateOnly => _blocks.Any(static block => block.IsCertificate) && !_blocks.Any(static block => block.IsPrivateKey);

    public static PemContent Of(string name, byte[] bytes) => new(name, bytes);

    /// <summary>Reads a file, or returns null and a finding that says why not.</summary>
    public static PemContent? ReadFile(string path, ICollection<CertificateFinding> findings)
        => CertificateFile.Read(path, path, findings) is { } bytes ? new PemContent(path, bytes) : null;

    /// <summary>All certificates in order, at least one; or null and a finding.</summary>
    public List<X509Certificate2>? ReadCertificates(ICollection<CertificateFinding> findings)
    {
        if (FindNoPem("certificate", $"openssl x509 -inform DER -in {Name} -out certificate.pem") is { } notPem)
        {
            findings.Add(notPem);
            return null;
        }

        if (_blocks.Any(static block => block.IsPrivateKey))
        {
            findings.Add(HoldsKeyOnly
                ? CertificateFinding.Error("no-certificate", $"{Name} was given as the certificate and holds a private key.", "Name the file that starts with -----BEGIN CERTIFICATE-----.")
                : CertificateFinding.Error("key-in-certificate-file", $"{Name} holds a private key beside the certificate; certificate files are handed around, keys must not be.", $"Take the certificates alone: openssl crl2pkcs7 -nocrl -certfile {Name} | openssl pkcs7 -print_certs -out certificate.pem"));
            return null;
        }

        var blocks = _blocks.Where(static block => block.IsCertificate).ToList();
        if (blocks.Count == 0)
        {
            findings.Add(_blocks.Any(static block => block.Label.EndsWith("CERTIFICATE REQUEST", StringComparison.Ordinal))
                ? CertificateFinding.Error("no-certificate", $"{Name} holds a certificate signing request, which is the question, not the answer.", "Have the CA sign it and name the certificate that it returns.")
                : CertificateFinding.Error("no-certificate", $"{Name} holds {Labels()} and no certificate.", "Name a file that starts with -----BEGIN CERTIFICATE-----."));
            return null;
        }

        var certificates = new List<X509Certificate2>(blocks.Count);
        foreach (var block in blocks)
        {
            try
            {
                certificates.Add(X509CertificateLoader.LoadCertificate(block.Data ?? []));
            }
            catch (CryptographicException)
            {
                findings.Add(CertificateFinding.Error("certificate-malformed", $"Certificate {certificates.Count + 1} in {Name} (line {block.Line}) cannot be read: it is cut short or damaged.", $"Check it with: openssl x509 -in {Name} -noout -text"));
                certificates.ForEach(static certificate => certificate.Dispose());
                return null;
            }
        }

        return certificates;
    }

    /// <summary>The one private key; or null and a finding.</summary>
    public AsymmetricAlgorithm? ReadPrivateKey(string? passphrase, ICollection<CertificateFinding> findings, X509Certificate2? owner)
    {
        if (FindNoPem("key", $"openssl pkey -inform DER -in {Name} -out key.pem") is { } notPem)
        {
            findings.Add(notPem);
            return null;
        }

        var keys = _blocks.Where(static block => block.IsPrivateKey).ToList();
        if (keys.Count == 1)
        {
            return PrivateKeyBlock.Import(keys[0], Name, passphrase, findings, owner);
        }

        findings.Add(keys.Count == 0
            ? CertificateFinding.Error("no-key", $"{Name} was given as the key and holds {Labels()} but no private key.", "Name the file that holds a -----BEGIN ... PRIVATE KEY----- block.")
            : CertificateFinding.Error("key-several", $"{Name} holds {keys.Count} private keys; which one is meant cannot be known.", "Leave the one that belongs to the certificate."));
        return null;
    }

    private CertificateFinding? FindNoPem(string wanted, string conversion)
    {
        if (_unfinishedLine > 0)
        {
            return CertificateFinding.Error("pem-unfinished", $"{Name} is cut short: the block that begins at line {_unfinishedLine} has no END line of its own.", "Copy the file again, whole.");
        }

        if (_blocks.Count > 0)
        {
            return null;
        }

        if (_bytes.Length == 0)
        {
            return CertificateFinding.Error("file-empty", $"{Name} is empty.", $"Name the file that holds the {wanted}.");
        }

        if (Pkcs12Bundle.IsPkcs12(_bytes))
        {
            return CertificateFinding.Error("pkcs12-not-pem", $"{Name} is a PKCS#12 file (.p12, .pfx), not PEM; it holds certificate and key in one.", $"Give it alone: --cert {Name}, without --key");
        }

        // Every DER certificate and key is a SEQUENCE.
        return _bytes[0] == 0x30
            ? CertificateFinding.Error("der-not-pem", $"{Name} is DER (binary), not PEM.", $"Convert it: {conversion}")
            : CertificateFinding.Error("not-pem", $"{Name} is not a PEM file: no line starts with -----BEGIN.", $"Name the PEM file that holds the {wanted}.");
    }

    private string Labels() => string.Join(", ", _blocks.Select(static block => $"'{block.Label}'").Distinct());
}
