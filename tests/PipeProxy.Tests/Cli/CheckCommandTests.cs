using System.Runtime.Versioning;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

/// <summary><c>check</c> tells everything that is wrong in one round, from the top, and exits 3 for it.</summary>
public sealed class CheckCommandTests : IDisposable
{
    private const string Good = """{ "routes": [ { "path": "/", "baseUrl": "https://a.example" } ] }""";

    private readonly TemporaryFolder _folder = new();

    public CheckCommandTests()
    {
        var store = new CertificateStore(_folder.File("certificates"));
        var now = DateTimeOffset.UtcNow;
        Create("good", now.AddDays(100), EnvironmentType.Development);
        Create("elsewhere", now.AddDays(100), EnvironmentType.Production);
        Create("late", now.AddDays(-2), EnvironmentType.Development);
        Create("off", now.AddDays(100), EnvironmentType.Development);
        store.SetEnabled("off", false);

        void Create(string name, DateTimeOffset notAfter, EnvironmentType type)
        {
            using var pair = IssuedCertificate.Leaf(notBefore: now.AddDays(-10), notAfter: notAfter).ToPair();
            store.Create(name, pair, [type]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatIsInOrder_IsExit0AndSaysWhatWasRead()
    {
        var run = await Check("""{ "routes": [ { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "good" } ] }""");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("ok: 1 route, 1 listener, environment type development.\n\nnext: pipeproxy run with the same flags.\n", run.Output);
    }

    [Fact]
    public async Task CertificatesThatCannotBePresented_AreNamedWithRouteAndCause()
    {
        var run = await Check("""
            { "routes": [
              { "path": "/1", "baseUrl": "https://a.example", "mtlsCertificate": "nobody" },
              { "path": "/2", "baseUrl": "https://a.example", "mtlsCertificate": "late" },
              { "path": "/3", "baseUrl": "https://a.example", "mtlsCertificate": "off" },
              { "path": "/4", "baseUrl": "https://a.example", "mtlsCertificate": "elsewhere" } ] }
            """);
        Assert.Equal(3, run.ExitCode);
        Assert.Collection(
            Told(run),
            line => Assert.StartsWith("pipeproxy.json:2:70: error: routes[0].mtlsCertificate \"nobody\": There is no certificate 'nobody'", line, StringComparison.Ordinal),
            line => Assert.StartsWith("pipeproxy.json:3:70: error: routes[1].mtlsCertificate \"late\": The certificate 'late' expired", line, StringComparison.Ordinal),
            line => Assert.StartsWith("pipeproxy.json:4:70: error: routes[2].mtlsCertificate \"off\": The certificate 'off' is disabled", line, StringComparison.Ordinal),
            line => Assert.StartsWith("pipeproxy.json:5:70: error: routes[3].mtlsCertificate \"elsewhere\": The certificate 'elsewhere' is not enabled for environment type development", line, StringComparison.Ordinal));
        Assert.Contains("\n4 errors, 0 warnings\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CertificateThatIsMissing_IsToldWithTheStoreAndTheCommandThatPutsItThere()
    {
        var run = await Check("""{ "routes": [ { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "nobody" } ] }""");
        Assert.EndsWith(
            "There is no certificate 'nobody' in the store certificates (there is elsewhere, good, late, off). "
            + "Create it: pipeproxy mtls-certificate create --name nobody --cert FILE --key FILE --environment-type TYPE --store certificates",
            Assert.Single(Told(run)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task StoreOfTheWorkingDirectory_NeedsNoFlag()
    {
        using var folder = new TemporaryFolder();
        var run = await PipeProxyBinary.RunAsync(["check", "--forward", "https://a.example", "--mtls-certificate", "nobody"], folder.Path);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains(
            $"There is no certificate 'nobody' in the store {folder.File("certificates")} (which does not exist). "
            + "Create it: pipeproxy mtls-certificate create --name nobody --cert FILE --key FILE --environment-type TYPE\n",
            run.Output.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("run", "--allow-root")]
    public async Task NothingToBeginWith_IsToldWithThePlaceAndHowToBegin(params string[] command)
    {
        using var folder = new TemporaryFolder();
        var run = await PipeProxyBinary.RunAsync(command, folder.Path);
        var said = (run.Output + run.Error).ReplaceLineEndings("\n");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains($"error: configuration: none was found: there is no {folder.File("pipeproxy.json")}, and neither --config, --routes nor --forward is given\n1 error, 0 warnings", said, StringComparison.Ordinal);
        Assert.Contains("next: begin without a file: pipeproxy run --forward https://my-alb.example --mtls-certificate aws-alb-cert", said, StringComparison.Ordinal);

        // What it advises to write is taken.
        var file = said.Split('\n').Single(static line => line.Contains("or write pipeproxy.json: ", StringComparison.Ordinal)).Split("pipeproxy.json: ")[1];
        folder.Write("pipeproxy.json", file.Replace("aws-alb-cert", "nobody", StringComparison.Ordinal));
        var next = await PipeProxyBinary.RunAsync(["check"], folder.Path);
        Assert.StartsWith("pipeproxy.json:1:", next.Output, StringComparison.Ordinal);
        Assert.Contains("\n1 error, 0 warnings", next.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("There is no certificate 'nobody'", next.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ErrorsOfTheFile_DoNotHideThoseOfTheCertificates()
    {
        var run = await Check("""
            { "timeouts": { "connect": "5x" },
              "routes": [
              { "path": "/1", "baseUrl": "https://a.example", "mtlsCertificate": "nobody" },
              { "path": "/2", "baseUrl": "https://a.example", "mtlsCertificate": "1bad" },
              { "path": "/3", "baseUrl": "https://a.example", "mtlsCertificate": "off" } ],
              "extra": true }
            """);
        Assert.Equal(3, run.ExitCode);
        Assert.Equal(
            [
                "pipeproxy.json:1:28: error: timeouts.connect",
                "pipeproxy.json:3:70: error: routes[0].mtlsCertificate",
                "pipeproxy.json:4:70: error: routes[1].mtlsCertificate",
                "pipeproxy.json:5:70: error: routes[2].mtlsCertificate",
                "pipeproxy.json:6:3: error: extra",
            ],
            Told(run).Select(static line => line[..line.IndexOf(" \"", StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task UnknownEnvironmentType_IsTheOnlyThingSaidAboutIt()
    {
        var run = await Check("""
            { "environmentType": "prod",
              "listeners": [ { "url": "http://0.0.0.0:8080" } ],
              "routes": [ { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "elsewhere" } ] }
            """);
        Assert.StartsWith("pipeproxy.json:1:22: error: environmentType \"prod\"", Assert.Single(Told(run)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrustedFileWithoutACertificate_HasItsPlace()
    {
        _folder.Write("ca.pem", "no certificate");
        var run = await Check("""
            { "routes": [ { "path": "/", "baseUrl": "https://a.example" } ],
              "trustedCertificates": "ca.pem" }
            """);
        Assert.Equal(3, run.ExitCode);
        Assert.StartsWith("pipeproxy.json:2:26: error: trustedCertificates \"ca.pem\": holds no PEM certificate", Assert.Single(Told(run)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccessLogThatCannotBeOpened_HasItsPlaceAndTheWordsOfRun()
    {
        var run = await Check("""
            { "routes": [ { "path": "/", "baseUrl": "https://a.example" } ],
              "accessLog": { "file": "none/access.log" } }
            """);
        Assert.Equal(3, run.ExitCode);
        Assert.Equal("pipeproxy.json:2:26: error: accessLog.file \"none/access.log\": The folder none does not exist; create it, or name a file elsewhere.", Assert.Single(Told(run)));

        Directory.CreateDirectory(_folder.File("logs"));
        run = await Check(Good, "--access-log", _folder.File("logs"));
        Assert.Equal((3, "error: --access-log \"logs\": This is a folder; name a file in it."), (run.ExitCode, Assert.Single(Told(run))));
    }

    [Fact]
    public async Task AccessLogThatCanBeOpened_IsLeftAsItIs()
    {
        var run = await Check(Good, "--access-log", _folder.File("new.log"));
        Assert.Equal((0, false), (run.ExitCode, File.Exists(_folder.File("new.log"))));

        run = await Check(Good, "--access-log", _folder.Write("old.log", "a line\n"));
        Assert.Equal((0, "a line\n"), (run.ExitCode, await File.ReadAllTextAsync(_folder.File("old.log"), TestContext.Current.CancellationToken)));
    }

    [Theory]
    [InlineData("locked.log")]
    [InlineData("locked/new.log")]
    [UnsupportedOSPlatform("windows")]
    public async Task AccessLogThatMayNotBeWritten_IsRefused(string file)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        File.SetUnixFileMode(_folder.Write("locked.log", ""), UnixFileMode.UserRead);
        Directory.CreateDirectory(_folder.File("locked"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var run = await Check(Good, "--access-log", _folder.File(file));

        // Root may write everywhere, and is not refused.
        var may = Environment.IsPrivilegedProcess;
        Assert.Equal(may ? 0 : 3, run.ExitCode);
        Assert.Equal(may ? 0 : 1, Told(run).Count(static line => line.Contains("may not be written by the proxy's user", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task StoreThatIsAFile_IsRefused()
    {
        // And nothing is said of certificates that are not in it.
        var run = await CliRun.Of(["check", "--config", _folder.Write("pipeproxy.json", """{ "routes": [ { "path": "/", "baseUrl": "https://a.example", "mtlsCertificate": "good" } ] }"""), "--store", _folder.File("pipeproxy.json")]);
        Assert.Equal((3, "error: --store \"pipeproxy.json\": is a file; name the folder of a certificate store"), (run.ExitCode, Assert.Single(Told(run))));
    }

    [Fact]
    public async Task PassphraseFileThatIsMissing_IsAnErrorLikeAnyOther()
    {
        var run = await Check("""{ "routes": [ { "path": "/", "baseUrl": "https://a.example" } ], "extra": 1 }""", "--passphrase-file", _folder.File("none"));
        Assert.Equal(3, run.ExitCode);
        Assert.Collection(
            Told(run),
            line => Assert.StartsWith("error: --passphrase-file ", line, StringComparison.Ordinal),
            line => Assert.StartsWith("pipeproxy.json:1:66: error: extra", line, StringComparison.Ordinal));
    }

    private async Task<CliRun> Check(string configuration, params string[] more)
    {
        var run = await CliRun.Of(["check", "--config", _folder.Write("pipeproxy.json", configuration), "--store", _folder.File("certificates"), .. more]);
        return run with { Output = run.Output.ReplaceLineEndings("\n") };
    }

    private string[] Told(CliRun run) => [.. run.Output.Split('\n').Where(static line => line.Contains("error: ", StringComparison.Ordinal) || line.Contains("warning: ", StringComparison.Ordinal)).Select(line => line.Replace(_folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))];
}
