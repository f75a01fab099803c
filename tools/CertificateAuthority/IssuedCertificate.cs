using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1.X509;

namespace CertificateAuthority;

/// <summary>A leaf with its chain and its private key.</summary>
public sealed class IssuedCertificate
{
    private readonly Org.BouncyCastle.X509.X509Certificate _leaf;
    private readonly Org.BouncyCastle.X509.X509Certificate[] _intermediates;
    private readonly PrivateKey _key;

    internal IssuedCertificate(Org.BouncyCastle.X509.X509Certificate leaf, Org.BouncyCastle.X509.X509Certificate[] intermediates, PrivateKey key)
    {
        _leaf = leaf;
        _intermediates = intermediates;
        _key = key;
    }

    /// <summary>The leaf alone.</summary>
    public string CertificatePem => Pem.OfCertificate(_leaf);

    /// <summary>The leaf first, then the intermediates upwards, without the root: what a client presents.</summary>
    public string ChainPem => CertificatePem + string.Concat(_intermediates.Select(Pem.OfCertificate));

    /// <summary>Upper-case hexadecimal, two digits a byte, as OpenSSL and the ALB print it.</summary>
    public string SerialNumber => Convert.ToHexString(_leaf.SerialNumber.ToByteArrayUnsigned());

    /// <summary>The subject as RFC 4514 writes it, which is how the ALB passes it on.</summary>
    public string Subject => _leaf.SubjectDN.ToString(true, X509Name.RFC2253Symbols);

    /// <summary>SHA-256 over the leaf's DER form, upper-case hexadecimal.</summary>
    public string Fingerprint => Convert.ToHexString(SHA256.HashData(_leaf.GetEncoded()));

    public DateTimeOffset NotBefore => new(DateTime.SpecifyKind(_leaf.NotBefore, DateTimeKind.Utc));

    public DateTimeOffset NotAfter => new(DateTime.SpecifyKind(_leaf.NotAfter, DateTimeKind.Utc));

    public bool IsRsa => _key.IsRsa;

    public string PrivateKeyPkcs8Pem => _key.ToPem(KeyFormat.Pkcs8);

    /// <summary>RSA only; throws for an ECDSA key.</summary>
    public string PrivateKeyPkcs1Pem => _key.ToPem(KeyFormat.Pkcs1);

    /// <summary>ECDSA only; throws for an RSA key.</summary>
    public string PrivateKeySec1Pem => _key.ToPem(KeyFormat.Sec1);

    /// <summary>PKCS#8, encrypted by PBES2 with AES-256-CBC.</summary>
    public string EncryptedPrivateKeyPem(string passphrase) => _key.ToEncryptedPem(passphrase);

    /// <summary>A PKCS#12 file with leaf, key and intermediates.</summary>
    public byte[] ToPfx(string? password)
    {
        using var leaf = ToX509Certificate2();
        var collection = ToIntermediates();
        collection.Insert(0, leaf);
        return collection.Export(X509ContentType.Pkcs12, password) ?? throw new CryptographicException("The PKCS#12 file is empty.");
    }

    /// <summary>The leaf with its private key; the caller disposes it.</summary>
    public X509Certificate2 ToX509Certificate2()
    {
        using var bare = X509CertificateLoader.LoadCertificate(_leaf.GetEncoded());
        if (_key.IsRsa)
        {
            using var rsa = _key.ToRsa();
            return bare.CopyWithPrivateKey(rsa);
        }

        using var ecdsa = _key.ToECDsa();
        return bare.CopyWithPrivateKey(ecdsa);
    }

    /// <summary>The intermediates upwards; the caller disposes them.</summary>
    public X509Certificate2Collection ToIntermediates() =>
        [.. _intermediates.Select(certificate => X509CertificateLoader.LoadCertificate(certificate.GetEncoded()))];

    /// <summary>Writes <c>NAME-cert.pem</c> (leaf, then intermediates) and <c>NAME-key.pem</c> (mode 0600) into a folder made with mode 0700.</summary>
    /// <param name="directory">Made when it is not there; files of these names are replaced.</param>
    /// <param name="name">The base of the two file names.</param>
    /// <param name="format">How the key is written; default PKCS#8.</param>
    /// <param name="passphrase">Given: the key is encrypted PKCS#8, whatever <paramref name="format"/> says.</param>
    public CertificateFiles WriteTo(string directory, string name, KeyFormat format = KeyFormat.Pkcs8, string? passphrase = null)
    {
        string certificate = PrivateFile.Write(directory, $"{name}-cert.pem", ChainPem);
        string key = PrivateFile.Write(directory, $"{name}-key.pem", passphrase is null ? _key.ToPem(format) : EncryptedPrivateKeyPem(passphrase));
        return new CertificateFiles(certificate, key);
    }

    public override string ToString() => $"{Subject} (serial number {SerialNumber})";
}

/// <summary>Where a pair was written.</summary>
public sealed record CertificateFiles(string CertificatePath, string KeyPath);
