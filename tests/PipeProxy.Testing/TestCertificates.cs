using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Testing;

/// <summary>The certificates that tests share: good ones and each kind of bad one. Made once per process, each when first used.</summary>
/// <remarks>Made by .NET alone, so that an error of the repository's own certificate tool cannot hide in the tests of the proxy.</remarks>
public static class TestCertificates
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private static readonly Lazy<TemporaryDirectory> Folder = new(() =>
    {
        TemporaryDirectory folder = new();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        return folder;
    });

    private static readonly Lazy<TestCertificate> LazyRoot = Authority("root", "CN=PipeProxy Test Root");
    private static readonly Lazy<TestCertificate> LazyIntermediate = Authority("intermediate", "CN=PipeProxy Test Intermediate", LazyRoot);
    private static readonly Lazy<TestCertificate> LazyOtherRoot = Authority("other-root", "CN=Unknown Root");

    private static readonly Lazy<TestCertificate> LazyServer = Leaf("server", "CN=localhost", LazyRoot, ServerAuth, hosts: ["localhost"]);
    private static readonly Lazy<TestCertificate> LazyExpiredServer = Leaf("expired-server", "CN=localhost", LazyRoot, ServerAuth, hosts: ["localhost"], from: -60, to: -30);
    private static readonly Lazy<TestCertificate> LazyOtherRootServer = Leaf("other-root-server", "CN=localhost", LazyOtherRoot, ServerAuth, hosts: ["localhost"]);
    private static readonly Lazy<TestCertificate> LazyWrongHostServer = Leaf("wrong-host-server", "CN=elsewhere.example", LazyRoot, ServerAuth, hosts: ["elsewhere.example"]);

    private static readonly Lazy<TestCertificate> LazyClient = Leaf("client", "CN=client", LazyIntermediate, ClientAuth, rsa: true);
    private static readonly Lazy<TestCertificate> LazyEcdsaClient = Leaf("client-ecdsa", "CN=client-ecdsa", LazyIntermediate, ClientAuth);
    private static readonly Lazy<TestCertificate> LazyAlice = Leaf("alice", "CN=alice", LazyRoot, ClientAuth);
    private static readonly Lazy<TestCertificate> LazyBob = Leaf("bob", "CN=bob", LazyRoot, ClientAuth);
    private static readonly Lazy<TestCertificate> LazyExpiredClient = Leaf("expired-client", "CN=expired", LazyRoot, ClientAuth, from: -60, to: -30);
    private static readonly Lazy<TestCertificate> LazyNotYetValidClient = Leaf("future-client", "CN=future", LazyRoot, ClientAuth, from: 30, to: 60);
    private static readonly Lazy<TestCertificate> LazyUnknownClient = Leaf("unknown-client", "CN=unknown", LazyOtherRoot, ClientAuth);
    private static readonly Lazy<TestCertificate> LazyWrongUsageClient = Leaf("wrong-usage-client", "CN=wrong-usage", LazyRoot, ServerAuth);

    private static readonly Lazy<TestCertificate> LazyRevokedClient = Leaf("revoked-client", "CN=revoked", LazyRoot, ClientAuth);
    private static readonly Lazy<TestCertificate> LazyDeepClient = Leaf("deep-client", "CN=deep", DeepAuthority(5), ClientAuth);
    private static readonly Lazy<string> LazyCrl = new(() =>
    {
        CertificateRevocationListBuilder list = new();
        list.AddEntry(LazyRevokedClient.Value.Certificate);
        byte[] crl = list.Build(Root.Certificate, 1, DateTimeOffset.UtcNow.AddDays(30), HashAlgorithmName.SHA256);
        string path = Path.Combine(Folder.Value.Path, "crl.pem");
        File.WriteAllText(path, PemEncoding.WriteString("X509 CRL", crl) + "\n");
        return path;
    });

    /// <summary>The authority that everybody here trusts: origins for clients, the proxy for origins.</summary>
    public static TestCertificate Root => LazyRoot.Value;

    /// <summary>An authority under <see cref="Root"/>.</summary>
    public static TestCertificate Intermediate => LazyIntermediate.Value;

    /// <summary>An authority that nobody trusts.</summary>
    public static TestCertificate OtherRoot => LazyOtherRoot.Value;

    /// <summary>An origin's certificate for localhost and 127.0.0.1, directly under <see cref="Root"/>.</summary>
    public static TestCertificate Server => LazyServer.Value;

    /// <summary>As <see cref="Server"/>, ended 30 days ago.</summary>
    public static TestCertificate ExpiredServer => LazyExpiredServer.Value;

    /// <summary>As <see cref="Server"/>, under <see cref="OtherRoot"/>.</summary>
    public static TestCertificate OtherRootServer => LazyOtherRootServer.Value;

    /// <summary>Under <see cref="Root"/>, but for another host.</summary>
    public static TestCertificate WrongHostServer => LazyWrongHostServer.Value;

    /// <summary>An RSA-2048 client certificate under <see cref="Intermediate"/>, which is sent along.</summary>
    public static TestCertificate Client => LazyClient.Value;

    /// <summary>A P-256 client certificate under <see cref="Intermediate"/>, which is sent along.</summary>
    public static TestCertificate EcdsaClient => LazyEcdsaClient.Value;

    /// <summary>A client certificate directly under <see cref="Root"/>, <c>CN=alice</c>.</summary>
    public static TestCertificate Alice => LazyAlice.Value;

    /// <summary>A client certificate directly under <see cref="Root"/>, <c>CN=bob</c>.</summary>
    public static TestCertificate Bob => LazyBob.Value;

    /// <summary>A client certificate that ended 30 days ago.</summary>
    public static TestCertificate ExpiredClient => LazyExpiredClient.Value;

    /// <summary>A client certificate that begins in 30 days.</summary>
    public static TestCertificate NotYetValidClient => LazyNotYetValidClient.Value;

    /// <summary>A client certificate under <see cref="OtherRoot"/>.</summary>
    public static TestCertificate UnknownClient => LazyUnknownClient.Value;

    /// <summary>A client certificate whose extended key usage is serverAuth.</summary>
    public static TestCertificate WrongUsageClient => LazyWrongUsageClient.Value;

    /// <summary>A client certificate that <see cref="CrlPath"/> names.</summary>
    public static TestCertificate RevokedClient => LazyRevokedClient.Value;

    /// <summary>A client certificate under five intermediates, one more than an ALB follows.</summary>
    public static TestCertificate DeepClient => LazyDeepClient.Value;

    /// <summary>PEM file of <see cref="Root"/>'s revocation list.</summary>
    public static string CrlPath => LazyCrl.Value;

    private static Lazy<TestCertificate> DeepAuthority(int count)
        => Enumerable.Range(1, count).Aggregate(LazyRoot, static (issuer, i) => Authority($"deep-{i}", $"CN=PipeProxy Test Intermediate {i}", issuer));

    private static Lazy<TestCertificate> Authority(string name, string subject, Lazy<TestCertificate>? issuer = null) => new(() =>
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        return Issue(name, request, issuer?.Value, key, -365, 3650);
    });

    private static Lazy<TestCertificate> Leaf(
        string name, string subject, Lazy<TestCertificate> issuer, string usage, string[]? hosts = null, bool rsa = false, int from = -1, int to = 30) => new(() =>
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = key is RSA rsaKey
            ? new(subject, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        if (hosts is not null)
        {
            SubjectAlternativeNameBuilder names = new();
            foreach (string host in hosts)
            {
                names.AddDnsName(host);
            }

            if (hosts.Contains("localhost"))
            {
                names.AddIpAddress(IPAddress.Loopback);
            }

            request.CertificateExtensions.Add(names.Build());
        }

        return Issue(name, request, issuer.Value, key, from, to);
    });

    private static TestCertificate Issue(string name, CertificateRequest request, TestCertificate? issuer, AsymmetricAlgorithm key, int fromDays, int toDays)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        (DateTimeOffset from, DateTimeOffset to) = (now.AddDays(fromDays), now.AddDays(toDays));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (issuer is null)
        {
            return new TestCertificate(Folder.Value.Path, name, request.CreateSelfSigned(from, to), []);
        }

        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer.Certificate, true, false));
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F; // positive, RFC 5280 section 4.1.2.2
        X509SignatureGenerator signer = X509SignatureGenerator.CreateForECDsa(issuer.Certificate.GetECDsaPrivateKey()!);
        using X509Certificate2 bare = request.Create(issuer.Certificate.SubjectName, signer, from, to, serial);
        X509Certificate2 whole = key is RSA rsa ? bare.CopyWithPrivateKey(rsa) : bare.CopyWithPrivateKey((ECDsa)key);

        // A root is in the peer's trust store; only what lies between it and the leaf is sent.
        bool issuedByRoot = issuer.Certificate.Issuer == issuer.Certificate.Subject;
        return new TestCertificate(Folder.Value.Path, name, whole, issuedByRoot ? [] : [issuer.Certificate, .. issuer.Intermediates]);
    }
}
