using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

public sealed class MtlsCertificateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = [];

    public MtlsCertificateCommandTests()
    {
        _variables["PIPEPROXY_STORE"] = _folder.File("store");
        _folder.Write("cert.pem", IssuedCertificate.Good.CertificatePem);
        _folder.Write("key.pem", IssuedCertificate.Good.KeyPem);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Create_SaysWhatWentInAndTheNextStep()
    {
        var run = await Create("a");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("subject       CN=client, O=Example", run.Output, StringComparison.Ordinal);
        Assert.Contains("expires       2027-06-01 (365 days)", run.Output, StringComparison.Ordinal);
        Assert.Contains("next: ", run.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateOfAnExistingName_NamesUpdate()
    {
        await Create("a");
        var run = await Create("a");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("mtls-certificate update --name a", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CreateWithAnError_StoresNothing()
    {
        _folder.Write("key.pem", IssuedCertificate.Root.KeyPem);
        var run = await Create("a");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("[key-mismatch]", run.Error, StringComparison.Ordinal);
        Assert.Contains("nothing was stored", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("store")));
    }

    [Fact]
    public async Task CreateWithAWarning_KeepsItUnlessStrict()
    {
        UseExpired();
        var strict = await Create("a", "--strict");
        Assert.Equal(1, strict.ExitCode);
        Assert.Contains("because of --strict", strict.Error, StringComparison.Ordinal);

        var run = await Create("a");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning: The certificate expired on 2026-05-31", run.Error, StringComparison.Ordinal);
        Assert.Contains("[expired]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncryptedKey_IsOpenedByItsPassphraseFile()
    {
        _folder.Write("key.pem", IssuedCertificate.Good.Key.ExportEncryptedPkcs8PrivateKeyPem("opens", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        Assert.Contains("--key-passphrase-file", (await Create("a")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Create("a", "--key-passphrase-file", _folder.Write("passphrase", "opens\n"))).ExitCode);
        Assert.StartsWith("-----BEGIN PRIVATE KEY", StoredKey("a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StorePassphrase_ComesFromFileOrVariable()
    {
        Assert.Equal(0, (await Create("a", "--passphrase-file", _folder.Write("passphrase", "one\n"))).ExitCode);
        _variables["PIPEPROXY_STORE_PASSPHRASE"] = "one";
        Assert.Equal(0, (await Create("b")).ExitCode);
        Assert.All(["a", "b"], name => Assert.StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY", StoredKey(name), StringComparison.Ordinal));

        Assert.Equal(0, (await Run("lint", "--name", "a")).ExitCode);
        _variables.Remove("PIPEPROXY_STORE_PASSPHRASE");
        var run = await Run("lint", "--name", "a");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("PIPEPROXY_STORE_PASSPHRASE", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Run("list")).ExitCode);
    }

    [Fact]
    public async Task MissingPassphraseFile_IsNamed()
    {
        var run = await Create("a", "--passphrase-file", _folder.File("none"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("passphrase file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreOption_WinsOverTheVariable()
    {
        await Create("a", "--store", _folder.File("elsewhere"));
        Assert.Contains("no certificates", (await Run("list")).Output, StringComparison.Ordinal);
        Assert.Contains("a ", (await Run("list", "--store", _folder.File("elsewhere"))).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_IsAlignedAndFiltered()
    {
        await Create("a", "--account", "acme", "--project", "shop");
        await Create("longer-name", "--account", "acme");
        await Run("disable", "longer-name");

        var lines = (await Run("list")).Output.Split('\n');
        Assert.Equal("NAME         ENVIRONMENT TYPES    ENABLED  EXPIRES                FINGERPRINT       ROUTES", lines[0]);
        Assert.Equal($"a            preview, production  yes      2027-06-01 (365 days)  {IssuedCertificate.Good.Fingerprint[..16]}  -", lines[1]);
        Assert.Equal($"longer-name  preview, production  no       2027-06-01 (365 days)  {IssuedCertificate.Good.Fingerprint[..16]}  -", lines[2]);

        Assert.DoesNotContain("longer-name", (await Run("list", "--account", "acme", "--project", "shop")).Output, StringComparison.Ordinal);
        Assert.Contains("None of the 2 certificates", (await Run("list", "--account", "other")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListOfAnExpiredOne_NamesUpdateAndADamagedOneIsShown()
    {
        UseExpired();
        await Create("a");
        await Create("b");
        File.WriteAllText(_folder.File("store/b/versions/1/certificate.pem"), "");

        var run = await Run("list");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("(expired 1 day ago)", run.Output, StringComparison.Ordinal);
        Assert.Contains("unreadable", run.Output, StringComparison.Ordinal);
        Assert.Contains("next: replace what expires: pipeproxy mtls-certificate update --name a", run.Output, StringComparison.Ordinal);
        Assert.Contains("error: b: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListOfOneThatIsNotValidYet_SpeaksOfItsBeginningFirst()
    {
        var future = IssuedCertificate.Leaf(notBefore: IssuedCertificate.Now.AddDays(2), notAfter: IssuedCertificate.Now.AddDays(9));
        _folder.Write("cert.pem", future.CertificatePem);
        _folder.Write("key.pem", future.KeyPem);
        await Create("a");

        var run = await Run("list");

        Assert.Contains("  not valid until 2026-06-03 (then to 2026-06-10)  ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("expires:", run.Output, StringComparison.Ordinal);
        Assert.Contains("next: see one in full: ", run.Output, StringComparison.Ordinal);
        Assert.Matches("expires +not valid until 2026-06-03 ", (await Run("describe", "a")).Output);
    }

    [Fact]
    public async Task Colors_AreWrittenOnlyWhenAsked()
    {
        await Create("a");
        Assert.DoesNotContain('\e', (await Run("list")).Output);
        Assert.Contains("\e[32myes\e[0m", (await CliRun.Of(["mtls-certificate", "list"], _variables, colors: true)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Describe_ShowsEverythingButTheKey()
    {
        await Create("a", "--account", "acme");
        var run = await Run("describe", "a");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(
            ["CN=client, O=Example", "CN=Test Root", IssuedCertificate.Good.Certificate.SerialNumber, "ECDSA P-256", "clientAuth", "acme", IssuedCertificate.Good.Fingerprint, "1 (current)  2026-06-01 12:00:00 UTC"],
            expected => Assert.Contains(expected, run.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("PRIVATE", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ControlCharactersInASubject_DoNotReachTheTerminal()
    {
        var evil = IssuedCertificate.Leaf(subject: "CN=\"a\e[2J\nnext: rm\"", notAfter: IssuedCertificate.Now.AddDays(2));
        _folder.Write("cert.pem", evil.CertificatePem + IssuedCertificate.Leaf(subject: "CN=\"b\e[2J\"").CertificatePem);
        _folder.Write("key.pem", evil.KeyPem);
        var runs = new[] { await Create("a"), await Run("describe", "a"), await Run("lint", "a"), await Run("list") };
        Assert.All(runs, static run => Assert.Equal(0, run.ExitCode));
        Assert.All(runs, static run => Assert.DoesNotContain('\e', run.Output + run.Error));
        Assert.DoesNotContain("\nnext: rm", runs[1].Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_ReplacesPairAndEnvironmentTypes()
    {
        await Create("a");
        var other = IssuedCertificate.Leaf(subject: "CN=other");
        var run = await Run("update", "--name", "a", "--cert", _folder.Write("new.pem", other.CertificatePem), "--key", _folder.Write("new-key.pem", other.KeyPem), "--no-wait");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("version       2", run.Output, StringComparison.Ordinal);
        Assert.Contains("tries the change within seconds", run.Output, StringComparison.Ordinal);

        Assert.Equal(0, (await Run("update", "a", "--environment-type", "development")).ExitCode);
        var certificate = new CertificateStore(_folder.File("store")).Load().Certificates["a"];
        Assert.Equal("CN=other", certificate.Leaf.Subject);
        Assert.Equal([EnvironmentType.Development], certificate.EnvironmentTypes);
    }

    [Fact]
    public async Task UpdateThatIsRefused_KeepsTheOldPair()
    {
        await Create("a");
        var run = await Run("update", "a", "--cert", _folder.File("cert.pem"), "--key", _folder.Write("other-key.pem", IssuedCertificate.Root.KeyPem));
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(1, new CertificateStore(_folder.File("store")).Load().Certificates["a"].Version);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("describe", "--name", "a")]
    public async Task StoreThatIsAFile_IsAnError(string verb, params string[] more)
    {
        var run = await Run([verb, "--store", _folder.File("cert.pem"), .. more]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal($"error: --store \"{_folder.File("cert.pem")}\": is a file; name the folder of a certificate store\n", run.Error.ReplaceLineEndings("\n"));

        _variables["PIPEPROXY_STORE"] = _folder.File("key.pem");
        run = await Run([verb, .. more]);
        Assert.Equal($"error: PIPEPROXY_STORE \"{_folder.File("key.pem")}\": is a file; name the folder of a certificate store\n", run.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task StoreThatMayNotBeRead_SaysWhoMay()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        Directory.CreateDirectory(_folder.File("locked"), UnixFileMode.None);
        var run = await Run("describe", "--name", "a", "--store", _folder.File("locked"));
        File.SetUnixFileMode(_folder.File("locked"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(1, run.ExitCode);

        // Root may look, and finds nothing.
        Assert.Contains(Environment.IsPrivilegedProcess ? "There is no certificate 'a'" : "next: run the command as the user who owns it", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("describe")]
    [InlineData("delete")]
    [InlineData("enable")]
    [InlineData("disable")]
    [InlineData("lint")]
    public async Task UnknownName_ListsWhatExists(string verb)
    {
        await Create("a");
        await Create("b");
        var run = await Run(verb, "--name", "nobody");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There is no certificate 'nobody'", run.Error, StringComparison.Ordinal);
        Assert.Contains("There are: a, b.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EnableAndDisable_SayWhetherTheyChanged()
    {
        await Create("a");
        Assert.Contains("was enabled already", (await Run("enable", "a")).Output, StringComparison.Ordinal);
        Assert.Contains("is now disabled", (await Run("disable", "a")).Output, StringComparison.Ordinal);
        Assert.Contains("is now enabled", (await Run("enable", "a")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_RemovesIt()
    {
        await Create("a");
        Assert.Equal(0, (await Run("delete", "--name", "a")).ExitCode);
        Assert.False(Directory.Exists(_folder.File("store/a")));
        Assert.Equal(1, (await Run("delete", "--name", "a")).ExitCode);
    }

    [Fact]
    public async Task ValueThatBeginsWithAnAtSign_IsNoFileWithArguments()
    {
        var file = "@" + _folder.File("more");
        _folder.Write("more", "other\n--strict");

        Assert.Equal(0, (await Create("a", "--account", file)).ExitCode);
        Assert.Equal(0, (await Create("b", "--account", "@nothing")).ExitCode);
        Assert.DoesNotContain("None of", (await Run("list", "--account", file)).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("None of", (await Run("list", "--account", "@nothing")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_ExitsByWhatItFinds()
    {
        Assert.Equal(0, (await Run("lint", "--cert", _folder.File("cert.pem"), "--key", _folder.File("key.pem"), "--strict")).ExitCode);
        UseExpired();
        var warned = await Run("lint", "--cert", _folder.File("cert.pem"), "--key", _folder.File("key.pem"));
        Assert.Equal(0, warned.ExitCode);
        Assert.Contains("0 errors, 1 warning.", warned.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await Run("lint", "--cert", _folder.File("cert.pem"), "--key", _folder.File("key.pem"), "--strict")).ExitCode);
        Assert.Equal(1, (await Run("lint", "--cert", _folder.File("key.pem"), "--key", _folder.File("cert.pem"))).ExitCode);
    }

    [Fact]
    public async Task Json_HasTheDocumentedShape()
    {
        UseExpired();
        var created = Json(await Create("a", "--output", "json"));
        Assert.Equal("created", created.GetProperty("result").GetString());
        Assert.Equal(["code", "severity", "message", "next"], created.GetProperty("findings")[0].EnumerateObject().Select(static property => property.Name));

        var listed = Json(await Run("list", "--output", "json"));
        Assert.Equal(["store", "certificates"], listed.EnumerateObject().Select(static property => property.Name));
        var entry = listed.GetProperty("certificates")[0];
        Assert.Equal(["name", "version", "environmentTypes", "enabled", "notBefore", "notAfter", "daysLeft", "fingerprint", "routes", "presentedVersion"], entry.EnumerateObject().Select(static property => property.Name));
        Assert.Equal("2026-05-31T11:59:59Z", entry.GetProperty("notAfter").GetString());
        Assert.Equal(-1, entry.GetProperty("daysLeft").GetInt32());

        var described = Json(await Run("describe", "a", "--output", "json"));
        Assert.Equal(["subject", "issuer", "serialNumber", "subjectAlternativeNames", "key", "signatureAlgorithm", "extendedKeyUsages", "intermediates"], described.GetProperty("details").EnumerateObject().Select(static property => property.Name));
        Assert.True(described.GetProperty("versions")[0].GetProperty("current").GetBoolean());

        Assert.Equal("disabled", Json(await Run("disable", "a", "--output", "json")).GetProperty("result").GetString());
        Assert.Equal("passed", Json(await Run("lint", "a", "-o", "json")).GetProperty("result").GetString());
        Assert.Equal("refused", Json(await Run("lint", "a", "--strict", "--output", "json")).GetProperty("result").GetString());
        Assert.Equal("deleted", Json(await Run("delete", "a", "--output", "json")).GetProperty("result").GetString());
    }

    private static JsonElement Json(CliRun run) => JsonDocument.Parse(run.Output).RootElement;

    private Task<CliRun> Create(string name, params string[] more)
        => Run(["create", "--name", name, "--cert", _folder.File("cert.pem"), "--key", _folder.File("key.pem"), "--environment-type", "production", "--environment-type", "preview", .. more]);

    private Task<CliRun> Run(params string[] arguments) => CliRun.Of(["mtls-certificate", .. arguments], _variables);

    private void UseExpired()
    {
        var expired = IssuedCertificate.Leaf(notBefore: IssuedCertificate.Now.AddDays(-9), notAfter: IssuedCertificate.Now.AddDays(-1).AddSeconds(-1));
        _folder.Write("cert.pem", expired.CertificatePem);
        _folder.Write("key.pem", expired.KeyPem);
    }

    private string StoredKey(string name) => File.ReadAllText(_folder.File($"store/{name}/versions/1/private-key.pem"));
}
