using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Tests.Tls;

/// <summary>A root, an intermediate below it, and leaves of the intermediate; made anew per instance.</summary>
internal sealed class TestAuthority
{
    internal const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    internal TestAuthority(string name = "Test")
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest($"CN={name} Root", rootKey, HashAlgorithmName.SHA256);
        AsAuthority(root);
        Root = root.CreateSelfSigned(Now.AddDays(-30), Now.AddYears(10));

        using var intermediateKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var intermediate = new CertificateRequest($"CN={name} Intermediate", intermediateKey, HashAlgorithmName.SHA256);
        AsAuthority(intermediate);
        using var signed = intermediate.Create(Root, Now.AddDays(-20), Now.AddYears(5), [1, 2, 3]);
        Intermediate = signed.CopyWithPrivateKey(intermediateKey);
    }

    internal X509Certificate2 Root { get; }

    internal X509Certificate2 Intermediate { get; }

    internal X509Certificate2Collection Roots => [Root];

    internal X509Certificate2 Issue(string subject, string usage, string? dnsName = null, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var signed = request.Create(Intermediate, Now.AddDays(-10), notAfter ?? Now.AddYears(1), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    internal SslStreamCertificateContext Context(X509Certificate2 leaf) => SslStreamCertificateContext.Create(leaf, [Intermediate], offline: true);

    private static void AsAuthority(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
    }
}
