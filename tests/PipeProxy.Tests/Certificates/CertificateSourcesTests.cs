using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Certificates;

public sealed class CertificateSourcesTests : IDisposable
{
    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
    private static readonly IssuedCertificate Other = IssuedCertificate.Leaf(subject: "CN=other");

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(IssuedCertificate.Now);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FolderFilesAndPfx_AreLoaded()
    {
        Put(_folder.File("mounted"), "1", IssuedCertificate.Good);
        _folder.Write("c.pem", IssuedCertificate.Good.CertificatePem);
        _folder.Write("k.pem", IssuedCertificate.Good.Key.ExportEncryptedPkcs8PrivateKeyPem("open sesame", Encryption));
        _folder.Write("b.pfx", Pkcs12BundleTests.Export(Other, []));
        var pass = _folder.Write("pass", "open sesame\nnot this\n");

        var set = Load(
            Mounted(),
            new CertificateConfig { Name = "files", Location = new CertificateLocation.Files(_folder.File("c.pem"), _folder.File("k.pem")), SecretFile = pass },
            new CertificateConfig { Name = "pfx", Location = new CertificateLocation.Pfx(_folder.File("b.pfx")), Secret = new SecretText("open sesame"), EnvironmentTypes = [EnvironmentType.Preview] });

        Assert.Empty(set.Errors);
        Assert.Equal(["files", "mounted", "pfx"], set.Certificates.Keys.Order());
        Assert.Equal("CN=other", set.Certificates["pfx"].Leaf.Subject);
        Assert.Equal([EnvironmentType.Preview], set.Certificates["pfx"].EnvironmentTypes);
        Assert.Equal(3, set.Certificates["mounted"].EnvironmentTypes.Count);
    }

    [Fact]
    public void UnchangedFiles_AreTheSameObjectAndOtherTypesKeepTheIdentity()
    {
        Put(_folder.File("mounted"), "1", IssuedCertificate.Good);
        var sources = Sources();
        var first = sources.Load([Mounted()]).Certificates["mounted"];

        Assert.Same(first, sources.Load([Mounted()]).Certificates["mounted"]);
        var limited = sources.Load([Mounted() with { EnvironmentTypes = [EnvironmentType.Preview] }]).Certificates["mounted"];
        Assert.Equal([EnvironmentType.Preview], limited.EnvironmentTypes);
        Assert.Equal(first.Identity, limited.Identity);
        Assert.Same(first.Context, limited.Context);
    }

    [Fact]
    public void ReplacedPairs_AreNumberedAndOneThatComesBackIsTheOneThatItWas()
    {
        var sources = Sources();
        int Swap(string folder, IssuedCertificate pair)
        {
            Put(_folder.File("mounted"), folder, pair);
            return sources.Load([Mounted()]).Certificates["mounted"].Version;
        }

        Assert.Equal([1, 2, 1, 3], [Swap("1", IssuedCertificate.Good), Swap("2", Other), Swap("3", IssuedCertificate.Good), Swap("4", IssuedCertificate.Leaf(subject: "CN=third"))]);
    }

    [Fact]
    public void KeyOfAnotherCertificate_IsRefusedAtItsPlace()
    {
        MountedSecret.Put(_folder.File("mounted"), "1", IssuedCertificate.Good.CertificatePem, Other.KeyPem);

        var set = Load(Mounted());

        Assert.Empty(set.Certificates);
        var error = Assert.Single(set.Errors);
        Assert.Equal(("certificates.mounted", "secrets", ErrorSeverity.Error, 7), (error.Setting, error.Value, error.Severity, error.Source!.Value.Line));
        Assert.StartsWith($"cannot be used: The key in {_folder.File("mounted")}/tls.key does not belong to the certificate in {_folder.File("mounted")}/tls.crt", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncryptedKeyWithoutPassphrase_NamesTheKeyOfTheConfiguration()
    {
        MountedSecret.Put(_folder.File("mounted"), "1", IssuedCertificate.Good.CertificatePem, IssuedCertificate.Good.Key.ExportEncryptedPkcs8PrivateKeyPem("x", Encryption));
        Assert.Contains("passphraseFile", Assert.Single(Load(Mounted()).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EmptyFolder_SaysWhatIsMissing()
    {
        Directory.CreateDirectory(_folder.File("mounted"));
        Assert.Contains("tls.crt cannot be read: there is no such file", Load(Mounted()).Errors[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LintErrors_RefuseAndWarningsAreTold()
    {
        Put(_folder.File("mounted"), "1", IssuedCertificate.Leaf(extensions: [IssuedCertificate.Usage("1.3.6.1.5.5.7.3.1")]));
        Put(_folder.File("old"), "1", IssuedCertificate.Leaf(notBefore: IssuedCertificate.Now.AddDays(-9), notAfter: IssuedCertificate.Now.AddDays(-2)));

        var set = Load(Mounted(), new CertificateConfig { Name = "old", Location = new CertificateLocation.Folder(_folder.File("old")) });

        // Dates are told for the routes that present it.
        var warning = Assert.Single(set.Errors);
        Assert.Equal((ErrorSeverity.Warning, "certificates.mounted"), (warning.Severity, warning.Setting));
        Assert.Contains("clientAuth", warning.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("old"), set.Certificates["old"].ExplainAt(IssuedCertificate.Now, EnvironmentType.Production), StringComparison.Ordinal);
    }

    [Fact]
    public void NameOfTheStore_IsRefused()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = new CertificateStore(_folder.File("store"));
        store.Create("mounted", pair, [EnvironmentType.Production]);
        Put(_folder.File("mounted"), "1", Other);

        var set = new CertificateSources(store, _time).Load([Mounted()]);

        Assert.Contains($"in the store {_folder.File("store")}", Assert.Single(set.Errors, static error => error.Severity == ErrorSeverity.Error).Message, StringComparison.Ordinal);
        Assert.Equal("CN=other", set.Certificates["mounted"].Leaf.Subject);

        // Also when no route names it.
        var errors = ReverseProxy.CheckCertificates(new ProxyConfig { Certificates = [Mounted()] }, store);
        Assert.Contains(errors, static error => error.Severity == ErrorSeverity.Error);
    }

    [Fact]
    public async Task LinkSwap_IsReported()
    {
        Put(_folder.File("mounted"), "1", IssuedCertificate.Good);
        var reported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sources = new CertificateSources(new InMemoryCertificateSource(), TimeProvider.System);
        using var subscription = sources.OnChange(() => reported.TrySetResult());
        var first = sources.Load([Mounted()]);
        sources.Use([Mounted()]);

        Put(_folder.File("mounted"), "2", Other);

        await reported.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(IssuedCertificate.Good.Fingerprint, CertificateStore.FingerprintOf(first.Certificates["mounted"].Leaf));
        Assert.Equal("CN=other", sources.Load().Certificates["mounted"].Leaf.Subject);
    }

    [Fact]
    public async Task ChangeBetweenLoadAndUse_IsReported()
    {
        Put(_folder.File("mounted"), "1", IssuedCertificate.Good);
        var reported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sources = new CertificateSources(new InMemoryCertificateSource(), TimeProvider.System);
        using var subscription = sources.OnChange(() => reported.TrySetResult());
        sources.Load([Mounted()]);
        Put(_folder.File("mounted"), "2", Other);

        sources.Use([Mounted()]);

        await reported.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    /// <summary>A writer turns the link as fast as it can and deletes what is behind; readers get one pair or the other and never an error.</summary>
    [Fact]
    public async Task ReadersDuringSwaps_NeverSeeAMixture()
    {
        var mounted = _folder.File("mounted");
        IssuedCertificate[] pairs = [IssuedCertificate.Good, Other];
        Put(mounted, "0", pairs[0]);
        using var enough = new CancellationTokenSource();
        var writer = Task.Run(
            () =>
            {
                for (var i = 1; !enough.IsCancellationRequested; i++)
                {
                    Put(mounted, $"{i}", pairs[i % 2]);
                }
            },
            TestContext.Current.CancellationToken);
        var seen = new HashSet<string>();
        for (var i = 0; i < 2000 || seen.Count < 2; i++)
        {
            var set = Sources().Load([Mounted()]);
            Assert.Empty(set.Errors);
            seen.Add(set.Certificates["mounted"].Leaf.Subject);
        }

        await enough.CancelAsync();
        await writer;
    }

    private static void Put(string folder, string version, IssuedCertificate pair) => MountedSecret.Put(folder, version, pair.CertificatePem, pair.KeyPem);

    private CertificateConfig Mounted() => new()
    {
        Name = "mounted",
        Location = new CertificateLocation.Folder(_folder.File("mounted")),
        Source = new SettingSource(new SourcePosition("pipeproxy.json", 7, 3), "certificates.mounted", "secrets"),
    };

    private CertificateSources Sources() => new(new InMemoryCertificateSource(), _time);

    private CertificateSet Load(params CertificateConfig[] wanted) => Sources().Load(wanted);
}
