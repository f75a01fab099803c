using System.Diagnostics;
using CertificateAuthority;

namespace PipeProxy.Tests.Tools;

/// <summary>The two tools as commands, each in its own process.</summary>
public sealed class ToolCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("pipeproxy-tools-").FullName;

    [Fact]
    public async Task CertificateAuthority_CreatesAnAuthorityAndIssuesUnderIt()
    {
        string authority = Path.Combine(_directory, "ca");

        Assert.Equal(0, (await RunAsync("CertificateAuthority", "create", "--out", authority, "--name", "Example")).ExitCode);
        var issued = await RunAsync("CertificateAuthority", "issue", "--ca", authority, "--cn", "CN=my client,O=Example", "--key", "rsa2048", "--key-format", "pkcs1", "--out", _directory);
        var revoked = await RunAsync("CertificateAuthority", "crl", "--ca", authority, "--revoke", Path.Combine(_directory, "my-client-cert.pem"), "--out", Path.Combine(_directory, "crl.pem"));

        Assert.Equal(0, issued.ExitCode);
        Assert.Contains("CN=my client,O=Example", issued.Output, StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN RSA PRIVATE KEY-----", await File.ReadAllTextAsync(Path.Combine(_directory, "my-client-key.pem")), StringComparison.Ordinal);
        Assert.Equal(0, revoked.ExitCode);
        Assert.Equal(1, (await RunAsync("CertificateAuthority", "create", "--out", authority)).ExitCode);
        Assert.Equal(1, (await RunAsync("CertificateAuthority", "issue", "--ca", Path.Combine(_directory, "nothing"), "--cn", "a")).ExitCode);
    }

    [Theory]
    [InlineData("CertificateAuthority", "issue")]
    [InlineData("AlbSimulator", "--mode", "verify")]
    [InlineData("AlbSimulator", "--certificate", "a", "--key", "b", "--trust-store", "c", "--idle", "soon")]
    [InlineData("AlbSimulator", "--certificate", "a", "--key", "b")]
    public async Task WrongArguments_ExitWithTwo(params string[] commandLine)
    {
        var result = await RunAsync(commandLine[0], commandLine[1..]);

        Assert.Equal(2, result.ExitCode);
        Assert.NotEqual("", result.Error);
    }

    [Fact]
    public async Task ValueThatBeginsWithAnAtSign_IsNoFileWithArguments()
    {
        Assert.Equal(0, (await RunAsync("CertificateAuthority", "create", "--out", _directory, "--name", "@Example")).ExitCode);

        var simulator = await RunAsync("AlbSimulator", "--mode", "off", "--certificate", "@nothing", "--key", "b");
        Assert.Equal(1, simulator.ExitCode);
        Assert.StartsWith("cannot start: ", simulator.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AlbSimulator_SaysWhereItListensAndEndsOnSigterm()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "SIGTERM is Unix's");
        DemoSet.Write(_directory);
        using var process = Start(
            "AlbSimulator",
            ["--listen", "https://127.0.0.1:0", "--trust-store", Path.Combine(_directory, "root-cert.pem"), "--certificate", Path.Combine(_directory, "server-cert.pem"), "--key", Path.Combine(_directory, "server-key.pem")]);

        Assert.Matches(@"^listening on https://127\.0\.0\.1:\d+$", await process.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            await kill.WaitForExitAsync().WaitAsync(Patience);
        }

        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(0, process.ExitCode);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static Process Start(string tool, string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{tool}.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string tool, params string[] arguments)
    {
        using var process = Start(tool, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, await output, await error);
    }
}
