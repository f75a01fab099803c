using System.Security.Cryptography.X509Certificates;
using PipeProxy.Certificates;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

/// <summary>The certificate commands with a PKCS#12 file in place of two PEM files.</summary>
public sealed class BundleCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = [];
    private readonly string _bundle;
    private readonly string _passphrase;

    public BundleCommandTests()
    {
        _variables["PIPEPROXY_STORE"] = _folder.File("store");
        _bundle = _folder.Write("bundle.pfx", Pkcs12BundleTests.Export(IssuedCertificate.Good, []));
        _passphrase = _folder.Write("passphrase.txt", "open sesame\n");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("lint")]
    [InlineData("create --name a --environment-type production")]
    public async Task BundleAlone_IsTaken(string command)
    {
        var run = await RunAsync($"{command} --cert {_bundle} --key-passphrase-file {_passphrase}");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task UpdateByBundle_StoresAKeyOfTheStoresOwnForm()
    {
        await RunAsync($"create --name a --environment-type production --cert {_bundle} --key-passphrase-file {_passphrase}");
        var other = _folder.Write("other.p12", Pkcs12BundleTests.Export(IssuedCertificate.Leaf(subject: "CN=other"), [], Pkcs12ExportPbeParameters.Pkcs12TripleDesSha1));

        var run = await RunAsync($"update --name a --cert {other} --key-passphrase-file {_passphrase}");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("CN=other", new CertificateStore(_folder.File("store")).Load().Certificates["a"].Leaf.Subject);
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", File.ReadAllText(_folder.File("store/a/versions/2/private-key.pem")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongPassphrase_SaysWhatToDo()
    {
        File.WriteAllText(_passphrase, "not-this-one\n");
        var run = await RunAsync($"create --name a --environment-type production --cert {_bundle} --key-passphrase-file {_passphrase}");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("does not open", run.Error, StringComparison.Ordinal);
        Assert.Contains("openssl pkcs12 -in", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("not-this-one", run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutPassphrase_AsksForTheFile()
    {
        var run = await RunAsync($"create --name a --environment-type production --cert {_bundle}");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--key-passphrase-file", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create --name a --environment-type production")]
    [InlineData("update --name a")]
    [InlineData("lint")]
    public async Task PemWithoutKey_IsAUsageError(string command)
    {
        var run = await RunAsync($"{command} --cert {_folder.Write("c.pem", IssuedCertificate.Good.CertificatePem)}");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--key", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create --name a --environment-type production")]
    [InlineData("lint")]
    public async Task HalfABundle_IsToldAsDamaged(string command)
    {
        File.WriteAllBytes(_bundle, File.ReadAllBytes(_bundle)[..400]);
        var run = await RunAsync($"{command} --cert {_bundle} --key-passphrase-file {_passphrase}");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("bundle.pfx is a PKCS#12 file that cannot be read: it is damaged", run.Error, StringComparison.Ordinal);
    }

    private Task<CliRun> RunAsync(string arguments) => CliRun.Of(["mtls-certificate", .. arguments.Split(' ')], _variables);
}
