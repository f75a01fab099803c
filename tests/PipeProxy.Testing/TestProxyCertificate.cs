using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;

namespace PipeProxy.Testing;

/// <summary>Client certificates made while a test runs, for rotation: any number of them, directly under <see cref="TestCertificates.Root"/>.</summary>
public static class TestProxyCertificate
{
    /// <summary>A new P-256 pair.</summary>
    /// <param name="name">The name that routes use.</param>
    /// <param name="subject">What an origin sees, such as <c>CN=alice-2</c>.</param>
    public static ClientCertificate Issue(string name, string subject) => Issue(name, subject, TestCertificates.Root);

    /// <summary>A new P-256 pair.</summary>
    /// <param name="name">The name that routes use.</param>
    /// <param name="subject">What an origin sees, such as <c>CN=alice-2</c>.</param>
    /// <param name="issuer">Who signs it; origins of the tests refuse all but <see cref="TestCertificates.Root"/>.</param>
    /// <param name="notBefore">Start of its validity. Default: a day ago.</param>
    /// <param name="notAfter">End of its validity. Default: in a day.</param>
    /// <param name="version">Its number.</param>
    public static ClientCertificate Issue(string name, string subject, TestCertificate issuer, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null, int version = 1)
    {
        (string certificate, string privateKey) = IssuePem(subject, issuer, notBefore, notAfter);
        return ClientCertificate.FromPem(name, certificate, privateKey, version: version);
    }

    /// <summary>The same as PEM texts.</summary>
    public static (string Certificate, string Key) IssuePem(string subject, TestCertificate issuer, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false)); // clientAuth
        X509Certificate2 root = issuer.Certificate;
        using ECDsa signer = root.GetECDsaPrivateKey()!;
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F; // positive, RFC 5280 section 4.1.2.2
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 issued = request.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), notBefore ?? now.AddDays(-1), notAfter ?? now.AddDays(1), serial);
        return (issued.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
