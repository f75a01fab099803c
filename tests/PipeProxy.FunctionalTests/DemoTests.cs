using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The demo tells the truth, ends by itself and leaves nothing behind.</summary>
public sealed class DemoTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private static string Binary { get; } = RepositoryRoot.Combine(
        "artifacts", "bin", "Demo", Path.GetFileName(Path.GetDirectoryName(ProxyBinary.Path)!), OperatingSystem.IsWindows() ? "Demo.exe" : "Demo");

    [Fact]
    public async Task ToldToItsEnd_ExitsZeroAndLeavesNothingBehind()
    {
        using TemporaryDirectory temporary = new();
        await using TestProcess demo = await TestProcess.RunAsync(Existing(), [], temporary.Path, Temporary(temporary), Limit);

        Assert.True(demo.ExitCode == 0, demo.Transcript);
        string told = string.Join('\n', demo.OutputLines);
        Assert.Contains("200 OK", told, StringComparison.Ordinal);
        Assert.Contains("X-Amzn-Mtls-Clientcert-Subject: CN=shop,O=Example", told, StringComparison.Ordinal);
        Assert.Contains("alert-id=48; alert-message=\"unknown_ca\"", told, StringComparison.Ordinal);
        Assert.Contains("(TLSv1.2)", told, StringComparison.Ordinal);
        Assert.Contains("(TLSv1.3)", told, StringComparison.Ordinal);
        Assert.Contains("403 Forbidden", told, StringComparison.Ordinal);
        Assert.Contains("partner-cert   100 requests", told, StringComparison.Ordinal);
        Assert.Contains("not enabled for environment type development", told, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', told);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary.Path));
    }

    [Theory]
    [InlineData(ProcessSignal.Interrupt)]
    [InlineData(ProcessSignal.Terminate)]
    public async Task SignalledInTheMiddle_EndsItsProxyAndLeavesNothingBehind(ProcessSignal signal)
    {
        using TemporaryDirectory temporary = new();
        await using TestProcess demo = TestProcess.Start(Existing(), [], temporary.Path, Temporary(temporary));
        string ready = await demo.WaitForLineAsync("listening on http://", Limit);

        demo.Signal(signal);
        await demo.WaitForExitAsync(Limit);

        Assert.True(demo.ExitCode == 130, demo.Transcript);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary.Path));
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => RawClient.ConnectAsync(new Uri(ready.Trim()["listening on ".Length..]).Port));
    }

    [Fact]
    public async Task ToldToStay_ServesUntilInterrupted()
    {
        using TemporaryDirectory temporary = new();
        await using TestProcess demo = TestProcess.Start(Existing(), ["--stay"], temporary.Path, Temporary(temporary));
        string curl = await demo.WaitForLineAsync("curl -i http://.*orders", Limit);
        await demo.WaitForLineAsync("^ *files ", Limit);

        using (RawClient client = await RawClient.ConnectAsync(new Uri(curl.Split(' ')[^1]).Port))
        {
            RawResponse answer = await client.ExchangeAsync("GET /orders/1 HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n");
            Assert.Equal(200, answer.StatusCode);
        }

        demo.Signal(ProcessSignal.Interrupt);
        await demo.WaitForExitAsync(Limit);
        Assert.True(demo.ExitCode == 0, demo.Transcript);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary.Path));
    }

    // The demo makes its folder where TMPDIR says, so what it leaves can be told from everybody else's. The runtime's own sockets stay out of it.
    private static Dictionary<string, string?> Temporary(TemporaryDirectory temporary) => new()
    {
        ["TMPDIR"] = temporary.Path,
        ["DOTNET_EnableDiagnostics"] = "0",
    };

    private static string Existing()
    {
        Assert.True(File.Exists(Binary), $"{Binary} is missing: build the solution.");
        return Binary;
    }
}
