using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

/// <summary>Two results never share a file, and <c>-</c> is standard output.</summary>
public sealed class OutputToStandardOutputTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    [Theory]
    [InlineData("--json", "--csv")]
    [InlineData("--json", "--html")]
    [InlineData("--csv", "--html")]
    public async Task OneFileForTwoResults_IsRefused(string first, string second)
    {
        using TemporaryDirectory folder = new();
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["http://127.0.0.1:1/", first, folder.Combine("x"), second, folder.Combine(".", "x")]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith($"error: {first} and {second} name the same file, '{folder.Combine("x")}'.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LinkToTheOtherFile_IsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        using TemporaryDirectory folder = new();
        File.CreateSymbolicLink(folder.Combine("link"), folder.Write("x", ""));
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["http://127.0.0.1:1/", "--json", folder.Combine("x"), "--csv", folder.Combine("link")]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("error: --json and --csv name the same file", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--json", "{")]
    [InlineData("--csv", "kind,t,")]
    [InlineData("--html", "<!doctype html>")]
    public async Task Dash_IsStandardOutput_AndTheTextGoesToStandardError(string option, string begin)
    {
        await using var origin = ByteOrigin.Answering(Answer);
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync([origin.Url + "/", "-n", "1", "-c", "1", "-q", option, "-"]);
        Assert.Equal(0, exitCode);
        Assert.StartsWith(begin, output, StringComparison.Ordinal);
        Assert.DoesNotContain("statuses     200: 1", output, StringComparison.Ordinal);
        Assert.Contains("statuses     200: 1", error, StringComparison.Ordinal);
        Assert.False(File.Exists("-"));
    }

    [Fact]
    public async Task TurnsDash_IsStandardOutputToo()
    {
        await using var origin = ByteOrigin.Answering(Answer);
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync(["turns", $"a={origin.Url}/", $"b={origin.Url}/", "-c", "1", "--rounds", "1", "--turn", "10ms", "-q", "--csv", "-"]);
        Assert.Equal(0, exitCode);
        Assert.StartsWith("round,target,", output, StringComparison.Ordinal);
        Assert.Contains("1 turn of 10.0 ms each", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DashBesideJsonOnStandardOutput_IsRefused()
    {
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["http://127.0.0.1:1/", "--output", "json", "--csv", "-"]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("error: --output json and --csv - both write to standard output.", error, StringComparison.Ordinal);
    }
}
