using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CertificateAuthority;

namespace PipeProxy.Tests.Tools;

public sealed class AuthorityTests
{
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private static readonly Authority Intermediate = Authority.CreateRoot("Root").CreateIntermediate("Intermediate");

    public static TheoryData<KeyKind> KeyKinds => [.. Enum.GetValues<KeyKind>()];

    [Theory]
    [MemberData(nameof(KeyKinds))]
    public void EveryKeyKind_ChainsToTheRootAndMatchesItsKey(KeyKind kind)
    {
        var issued = Intermediate.IssueClient("CN=a client,O=Example", kind);

        using var certificate = issued.ToX509Certificate2();
        Assert.True(certificate.HasPrivateKey);
        Assert.Equal("CN=a client, O=Example", certificate.Subject);
        Assert.Equal("CN=a client,O=Example", issued.Subject);
        Assert.Equal(issued.SerialNumber, certificate.SerialNumber);
        Assert.Equal(issued.Fingerprint, certificate.GetCertHashString(HashAlgorithmName.SHA256));
        Assert.True(Builds(issued, Intermediate.Root, ClientAuth));
    }

    [Theory]
    [InlineData(KeyKind.Rsa2048)]
    [InlineData(KeyKind.EcdsaP384)]
    public void EveryKeyFormat_HoldsTheKeyOfTheCertificate(KeyKind kind)
    {
        var issued = Intermediate.IssueClient("client", kind);
        string traditional = issued.IsRsa ? issued.PrivateKeyPkcs1Pem : issued.PrivateKeySec1Pem;

        Assert.StartsWith(issued.IsRsa ? "-----BEGIN RSA PRIVATE KEY-----" : "-----BEGIN EC PRIVATE KEY-----", traditional, StringComparison.Ordinal);
        using var fromPkcs8 = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.PrivateKeyPkcs8Pem);
        using var fromTraditional = X509Certificate2.CreateFromPem(issued.CertificatePem, traditional);
        using var fromEncrypted = X509Certificate2.CreateFromEncryptedPem(issued.CertificatePem, issued.EncryptedPrivateKeyPem("secret"), "secret");
        Assert.All([fromPkcs8, fromTraditional, fromEncrypted], certificate => Assert.True(certificate.HasPrivateKey));
        Assert.Throws<InvalidOperationException>(() => issued.IsRsa ? issued.PrivateKeySec1Pem : issued.PrivateKeyPkcs1Pem);
    }

    [Fact]
    public void Pfx_HoldsLeafKeyAndIntermediates()
    {
        var issued = Intermediate.IssueClient("client");

        var collection = X509CertificateLoader.LoadPkcs12Collection(issued.ToPfx("secret"), "secret");

        Assert.Equal(2, collection.Count);
        Assert.Single(collection, certificate => certificate.HasPrivateKey && certificate.Thumbprint == issued.ToX509Certificate2().Thumbprint);
    }

    [Fact]
    public void ChainPem_IsLeafFirstWithoutTheRoot()
    {
        var deep = Intermediate.CreateIntermediates(3).IssueClient("deep client");
        var chain = new X509Certificate2Collection();

        chain.ImportFromPem(deep.ChainPem);

        Assert.Equal(["CN=deep client", "CN=Intermediate 3", "CN=Intermediate 2", "CN=Intermediate 1", "CN=Intermediate"], chain.Select(certificate => certificate.Subject));
        Assert.True(Builds(deep, Intermediate.Root, ClientAuth));
    }

    [Fact]
    public void DeliberatelyWrongCertificates_AreWrongInTheirOneWay()
    {
        Assert.False(Builds(Intermediate.Issue(LeafOptions.Expired("a")), Intermediate.Root, ClientAuth));
        Assert.False(Builds(Intermediate.Issue(LeafOptions.NotYetValid("a")), Intermediate.Root, ClientAuth));
        Assert.False(Builds(Intermediate.Issue(LeafOptions.WrongPurpose("a")), Intermediate.Root, ClientAuth));
        Assert.False(Builds(Intermediate.IssueClient("a"), Authority.CreateRoot("Other"), ClientAuth));

        using var version1 = Intermediate.Issue(LeafOptions.Client("a") with { Version1 = true }).ToX509Certificate2();
        Assert.Equal(1, version1.Version);
        Assert.Empty(version1.Extensions);
        using var sha1 = Intermediate.Issue(LeafOptions.Client("a") with { SignatureHash = SignatureHash.Sha1 }).ToX509Certificate2();
        Assert.Equal("1.2.840.10045.4.1", sha1.SignatureAlgorithm.Value);
    }

    [Fact]
    public void ServerCertificate_IsForLocalhostAndTheLoopbackAddresses()
    {
        using var server = Intermediate.IssueServer(KeyKind.EcdsaP256, "my-alb.example").ToX509Certificate2();

        Assert.True(server.MatchesHostname("localhost"));
        Assert.True(server.MatchesHostname("my-alb.example"));
        Assert.True(server.MatchesHostname("127.0.0.1"));
        Assert.True(server.MatchesHostname("::1"));
        Assert.False(server.MatchesHostname("example.org"));
    }

    [Fact]
    public void Crl_NamesTheRevokedAndNoOther()
    {
        var revoked = Intermediate.IssueClient("revoked");
        var other = Intermediate.IssueClient("other");

        var crl = CertificateRevocationListBuilder.LoadPem(Intermediate.CreateCrl(revoked), out _);

        Assert.True(crl.RemoveEntry(Convert.FromHexString(revoked.SerialNumber)));
        Assert.False(crl.RemoveEntry(Convert.FromHexString(other.SerialNumber)));
    }

    [Fact]
    public void WrittenFiles_AreForTheOwnerOnly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file modes are Unix's");
        string directory = Path.Combine(Directory.CreateTempSubdirectory("pipeproxy-tools-").FullName, "certs");
        try
        {
            var files = Intermediate.IssueClient("client").WriteTo(directory, "client", passphrase: "secret");

            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(files.KeyPath));
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
            }

            using var certificate = X509Certificate2.CreateFromEncryptedPemFile(files.CertificatePath, "secret", files.KeyPath);
            Assert.True(certificate.HasPrivateKey);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(directory)!, recursive: true);
        }
    }

    [Fact]
    public void DemoSet_HoldsEveryKindAndAnAuthorityThatIssuesOn()
    {
        string directory = Directory.CreateTempSubdirectory("pipeproxy-tools-").FullName;
        try
        {
            var written = DemoSet.Write(directory);

            Assert.All(written.SelectMany(entry => entry.Files.Split(", ")), file => Assert.True(File.Exists(Path.Combine(directory, file)), file));
            var restored = AuthorityFolder.Read(directory);
            Assert.Equal("CN=PipeProxy intermediate", restored.Subject);
            Assert.True(Builds(restored.IssueClient("later"), restored.Root, ClientAuth));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static bool Builds(IssuedCertificate issued, Authority root, string purpose)
    {
        using var leaf = issued.ToX509Certificate2();
        using var anchor = X509Certificate2.CreateFromPem(root.CertificatePem);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(anchor);
        chain.ChainPolicy.ExtraStore.AddRange(issued.ToIntermediates());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        return chain.Build(leaf);
    }
}
