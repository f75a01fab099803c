using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Certificates;

public sealed class CertificateStoreTests : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    private static readonly EnvironmentType[] Production = [EnvironmentType.Production];

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(IssuedCertificate.Now);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Created_HasTheLayoutAndTheModes()
    {
        var store = Store();
        using var pair = IssuedCertificate.Good.ToPair();
        store.Create("aws-alb-cert", pair, Production, "acme", "shop");

        Assert.Equal("1\n", File.ReadAllText(InStore("aws-alb-cert/current")));
        Assert.Equal(IssuedCertificate.Good.CertificatePem, File.ReadAllText(InStore("aws-alb-cert/versions/1/certificate.pem")));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", File.ReadAllText(InStore("aws-alb-cert/versions/1/private-key.pem")), StringComparison.Ordinal);
        Assert.Equal(
            $$"""
            {
              "environmentTypes": [
                "production"
              ],
              "enabled": true,
              "created": "2026-06-01T12:00:00+00:00",
              "fingerprint": "{{IssuedCertificate.Good.Fingerprint}}",
              "state": "active",
              "account": "acme",
              "project": "shop"
            }

            """,
            File.ReadAllText(InStore("aws-alb-cert/versions/1/certificate.json")));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Folders_Are0700AndFiles0600()
    {
        SkipOnWindows();
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        store.Update("a", pair, Production);
        store.SetEnabled("a", false);

        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        var folders = Directory.GetDirectories(InStore(""), "*", everything).Append(InStore("")).ToList();
        var files = Directory.GetFiles(InStore(""), "*", everything);
        Assert.Equal((5, 8), (folders.Count, files.Length));
        Assert.All(folders, static path => Assert.Equal(OwnerFolder, File.GetUnixFileMode(path)));
        Assert.All(files, static path => Assert.Equal(OwnerFile, File.GetUnixFileMode(path)));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void ExistingFolder_IsRestrictedWhenEmptyAndLeftAloneWhenNot()
    {
        SkipOnWindows();
        const UnixFileMode Open = OwnerFolder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        using var pair = IssuedCertificate.Good.ToPair();
        foreach (var (folder, holdsFile) in new[] { ("empty", false), ("foreign", true) })
        {
            var path = Directory.CreateDirectory(_folder.File(folder), Open).FullName;
            if (holdsFile)
            {
                File.WriteAllText(Path.Combine(path, "readme"), "");
            }

            new CertificateStore(path).Create("a", pair, Production);
            Assert.Equal(holdsFile ? Open : OwnerFolder, File.GetUnixFileMode(path));
            Assert.Equal(OwnerFolder, File.GetUnixFileMode(Path.Combine(path, "a")));
        }
    }

    [Fact]
    public void Loaded_IsWhatWasCreated()
    {
        var intermediate = IssuedCertificate.Intermediate("CN=Test Intermediate", IssuedCertificate.Root);
        var leaf = IssuedCertificate.Leaf(intermediate, key: IssuedCertificate.Rsa2048);
        using var pair = leaf.ToPair(intermediate);
        Store().Create("a", pair, [EnvironmentType.Production, EnvironmentType.Preview]);

        var set = Store().Load();

        Assert.Empty(set.Errors);
        var certificate = Assert.Single(set.Certificates).Value;
        Assert.Equal("a", certificate.Name);
        Assert.Equal(leaf.Certificate.RawData, certificate.Leaf.RawData);
        Assert.True(certificate.Leaf.HasPrivateKey);
        Assert.Equal("CN=Test Intermediate", Assert.Single(certificate.Intermediates).Subject);
        Assert.Equal([EnvironmentType.Preview, EnvironmentType.Production], certificate.EnvironmentTypes.Order());
        Assert.Equal(1, certificate.Version);
    }

    [Fact]
    public void MissingFolder_IsAnEmptyStore()
    {
        var set = Store().Load();
        Assert.Empty(set.Certificates);
        Assert.Empty(set.Errors);
        Assert.Empty(Store().List());
    }

    [Fact]
    public void Passphrase_EncryptsKeysWithAes256()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store("secret");
        store.Create("a", pair, Production);

        var pem = File.ReadAllText(InStore("a/versions/1/private-key.pem"));
        Assert.StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----", pem, StringComparison.Ordinal);

        // PBES2 1.2.840.113549.1.5.13 and aes256-CBC 2.16.840.1.101.3.4.1.42 (RFC 8018), as DER.
        var der = Convert.ToHexString(PemBlock.ReadAll(pem, out _)[0].Data!);
        Assert.Contains("2A864886F70D01050D", der, StringComparison.Ordinal);
        Assert.Contains("60864801650304012A", der, StringComparison.Ordinal);
        Assert.Single(store.Load().Certificates);
    }

    [Theory]
    [InlineData(null, "no store passphrase was given")]
    [InlineData("wrong", "passphrase does not open")]
    public void WithoutThePassphrase_LoadIsAnErrorAndListStillWorks(string? passphrase, string expected)
    {
        using var pair = IssuedCertificate.Good.ToPair();
        Store("secret").Create("a", pair, Production);

        var store = Store(passphrase);
        var error = Assert.Single(store.Load().Errors);
        Assert.Equal(ErrorSeverity.Error, error.Severity);
        Assert.Equal("certificates.a", error.Setting);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("PIPEPROXY_STORE_PASSPHRASE", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", error.ToString(), StringComparison.Ordinal);
        Assert.Null(Assert.Single(store.List()).Error);
        Assert.Throws<CertificateException>(() => store.Open("a"));
    }

    [Fact]
    public void ExistingName_IsRefusedAndUpdateNamed()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        Store().Create("a", pair, Production);
        var refused = Assert.Throws<CertificateException>(() => Store().Create("a", pair, Production));
        Assert.Contains("mtls-certificate update --name a", refused.Next, StringComparison.Ordinal);
    }

    [Fact]
    public void UnknownName_ListsWhatExists()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        Assert.Contains("no certificate store", Assert.Throws<CertificateException>(() => store.Delete("x")).Message, StringComparison.Ordinal);
        store.Create("a", pair, Production);
        store.Create("b", pair, Production);
        Assert.Equal("There are: a, b.", Assert.Throws<CertificateException>(() => store.Delete("x")).Next);
        Assert.Throws<CertificateException>(() => store.Update("../a", null, Production));
    }

    [Fact]
    public void Update_SwitchesToANewVersionAndKeepsSettings()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        using var other = IssuedCertificate.Leaf().ToPair();
        var store = Store();
        store.Create("a", pair, Production, "acme");
        store.SetEnabled("a", false);

        Assert.Equal(2, store.Update("a", other, null));

        var stored = store.Describe("a");
        Assert.Equal(2, stored.Version);
        Assert.Equal(CertificateStore.FingerprintOf(other.Leaf), CertificateStore.FingerprintOf(stored.Certificates[0]));
        Assert.Equal(Production, stored.EnvironmentTypes);
        Assert.False(stored.Enabled);
        Assert.Equal("acme", stored.Account);
        Assert.Equal([1, 2], stored.Versions.Select(static version => version.Number));
    }

    [Fact]
    public void Updates_KeepThreeVersions()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        for (var i = 0; i < 4; i++)
        {
            store.Accept("a", store.Update("a", pair, null));
        }

        Assert.Equal([3, 4, 5], store.Describe("a").Versions.Select(static version => version.Number));
    }

    [Fact]
    public void Settings_ChangeWithoutANewIdentity()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        var before = store.Load().Certificates["a"];

        Assert.True(store.SetEnabled("a", false));
        Assert.False(store.SetEnabled("a", false));
        Assert.Equal(1, store.Update("a", null, [EnvironmentType.Preview]));

        var after = store.Load().Certificates["a"];
        Assert.Equal(before.Identity, after.Identity);
        Assert.Same(before.Context, after.Context);
        Assert.Equal(CertificateUsability.Disabled, after.UsabilityAt(IssuedCertificate.Now, EnvironmentType.Preview));
        Assert.Equal([EnvironmentType.Preview], after.EnvironmentTypes);
    }

    [Fact]
    public void Unchanged_IsTheSameObjectAndDeletedIsGone()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        Assert.Same(store.Load().Certificates["a"], store.Load().Certificates["a"]);

        store.Delete("a");
        Assert.Empty(store.Load().Certificates);
        Assert.Equal([".lock"], Directory.EnumerateFileSystemEntries(InStore("")).Select(Path.GetFileName));
    }

    public static TheoryData<string, string, string> Damages => new()
    {
        { "a/current", "x", "does not hold a version number" },
        { "a/current", "7", "missing" },
        { "a/versions/1/certificate.json", "{}", "certificate.json is not what the store wrote" },
        { "a/versions/1/certificate.json", "{ \"environmentTypes\": [1], \"enabled\": true, \"created\": \"2026-01-01T00:00:00Z\", \"fingerprint\": \"x\", \"state\": \"active\" }", "certificate.json is not what the store wrote" },
        { "a/versions/1/certificate.pem", "", "is empty" },
        { "a/versions/1/certificate.pem", "other", "does not belong" },
        { "a/versions/1/private-key.pem", "garbage", "not a PEM file" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damaged_IsAnErrorAndTheOthersLoad(string file, string content, string expected)
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        store.Create("b", pair, Production);
        File.WriteAllText(InStore(file), content == "other" ? IssuedCertificate.Root.CertificatePem : content);

        var set = store.Load();

        Assert.Equal(["b"], set.Certificates.Keys);
        var error = Assert.Single(set.Errors);
        Assert.Equal(("certificates.a", ErrorSeverity.Error), (error.Setting, error.Severity));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/current", "x")]
    [InlineData("a/current", "7")]
    [InlineData("a/versions/1/certificate.json", "{}")]
    [InlineData("a/versions/1/certificate.pem", "")]
    public void Damaged_IsRepairedByAWholeUpload(string file, string content)
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        File.WriteAllText(InStore(file), content);
        if (!file.EndsWith(".pem", StringComparison.Ordinal))
        {
            Assert.Contains("--environment-type T", Assert.Throws<CertificateException>(() => store.Update("a", pair, null)).Next, StringComparison.Ordinal);
        }

        store.Update("a", pair, Production);

        var set = store.Load();
        Assert.Empty(set.Errors);
        Assert.Equal(Production, Assert.Single(set.Certificates).Value.EnvironmentTypes);
    }

    [Fact]
    public void ForeignFolders_ArePassedOverAndBadNamesAreErrors()
    {
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        Directory.CreateDirectory(InStore("lost+found"));
        Directory.Move(InStore("a"), InStore("a.old"));

        var error = Assert.Single(store.Load().Errors);
        Assert.Contains("'.' as character 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void KeyThatOthersMayRead_IsAWarning()
    {
        SkipOnWindows();
        using var pair = IssuedCertificate.Good.ToPair();
        var store = Store();
        store.Create("a", pair, Production);
        File.SetUnixFileMode(InStore("a/versions/1/private-key.pem"), OwnerFile | UnixFileMode.OtherRead);

        var set = store.Load();

        Assert.Single(set.Certificates);
        Assert.Equal(ErrorSeverity.Warning, Assert.Single(set.Errors).Severity);
    }

    private static void SkipOnWindows()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
        }
    }

    private CertificateStore Store(string? passphrase = null) => new(InStore(""), passphrase, _time);

    private string InStore(string path) => Path.Combine(_folder.File("store"), path);
}
