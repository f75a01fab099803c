using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Testing;

/// <summary>A certificate with its key and its intermediates, in memory and as PEM files.</summary>
public sealed class TestCertificate
{
    internal TestCertificate(string folder, string name, X509Certificate2 certificate, IReadOnlyList<X509Certificate2> intermediates)
    {
        Certificate = certificate;
        Intermediates = intermediates;
        CertificatePem = string.Concat(new[] { certificate }.Concat(intermediates).Select(c => c.ExportCertificatePem() + "\n"));
        using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)certificate.GetRSAPrivateKey() ?? certificate.GetECDsaPrivateKey();
        KeyPem = key!.ExportPkcs8PrivateKeyPem() + "\n";

        CertificatePath = Path.Combine(folder, name + ".pem");
        KeyPath = Path.Combine(folder, name + "-key.pem");
        BundlePath = Path.Combine(folder, name + "-bundle.pem");
        File.WriteAllText(CertificatePath, CertificatePem);
        WritePrivate(KeyPath, KeyPem);
        WritePrivate(BundlePath, CertificatePem + KeyPem);
    }

    /// <summary>The leaf (or the authority itself) with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What goes out behind the leaf, nearest first; the root is not in it.</summary>
    public IReadOnlyList<X509Certificate2> Intermediates { get; }

    /// <summary>Leaf first, then the intermediates.</summary>
    public string CertificatePem { get; }

    /// <summary>The private key as unencrypted PKCS#8.</summary>
    public string KeyPem { get; }

    /// <summary>File of <see cref="CertificatePem"/>.</summary>
    public string CertificatePath { get; }

    /// <summary>File of <see cref="KeyPem"/>, mode 0600.</summary>
    public string KeyPath { get; }

    /// <summary>One file with certificates and key, as HAProxy reads it; mode 0600.</summary>
    public string BundlePath { get; }

    /// <summary>The subject as the certificate has it, such as <c>CN=alice</c>.</summary>
    public string Subject => Certificate.Subject;

    private static void WritePrivate(string path, string text)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using StreamWriter file = new(path, options);
        file.Write(text);
    }
}
