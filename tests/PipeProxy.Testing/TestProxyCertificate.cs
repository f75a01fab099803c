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
    public static ClientCertificate Issue(string name, string subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false)); // clientAuth
        X509Certificate2 root = TestCertificates.Root.Certificate;
        using ECDsa signer = root.GetECDsaPrivateKey()!;
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F; // positive, RFC 5280 section 4.1.2.2
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 issued = request.Create(root.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), now.AddDays(-1), now.AddDays(1), serial);
        return ClientCertificate.FromPem(name, issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
