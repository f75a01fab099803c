using System.Text.Json;
using AlbSimulator;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary><c>pipeproxy diagnose --recent</c> tells what a running proxy has seen of its origins.</summary>
public sealed class RecentFailuresTests
{
    [Fact]
    public async Task RunningProxy_TellsWhatFailedAndHowOften()
    {
        using TemporaryDirectory folder = new();
        await using var balancer = LoadBalancer.Start(VerifyingOrigin.Options() with { TrustStorePem = TestCertificates.OtherRoot.CertificatePem });
        await using var proxy = await TestProxyProcess.StartAsync($"https://localhost:{balancer.Port}", TestCertificates.Alice);
        var store = Path.Combine(proxy.Folder, "certificates");
        await using (var before = await RecentAsync(store))
        {
            Assert.Equal(0, before.ExitCode);
            Assert.Contains("no failure towards an origin has been seen", before.Transcript, StringComparison.Ordinal);
        }

        for (var i = 0; i < 3; i++)
        {
            using var client = await RawClient.ConnectAsync(proxy.Port);
            Assert.Equal(522, (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", whole: true)).StatusCode);
        }

        await using var text = await RecentAsync(store);
        Assert.Equal(0, text.ExitCode);
        Assert.Contains("is ready; one kind of failure", text.Transcript, StringComparison.Ordinal);
        Assert.Contains("tls_alert_received, alert 48 (unknown_ca)", text.Transcript, StringComparison.Ordinal);
        Assert.Contains("3 times", text.Transcript, StringComparison.Ordinal);
        Assert.Contains("presented: CN=alice", text.Transcript, StringComparison.Ordinal);
        Assert.Contains("not resumed", text.Transcript, StringComparison.Ordinal);
        Assert.Contains("not known which authorities it accepts", text.Transcript, StringComparison.Ordinal);
        Assert.Contains("ClientCertUntrusted", text.Transcript, StringComparison.Ordinal);

        await using var run = await RecentAsync(store, "--output", "json");
        using var json = JsonDocument.Parse(string.Join('\n', run.OutputLines));
        var told = Assert.Single(json.RootElement.GetProperty("proxies").EnumerateArray());
        var failure = Assert.Single(told.GetProperty("failures").EnumerateArray());
        Assert.Equal((proxy.Process.Id, true, 3), (told.GetProperty("process").GetInt32(), told.GetProperty("ready").GetBoolean(), failure.GetProperty("count").GetInt32()));
        Assert.Equal(("tls_alert_received", 48, "unknown_ca"), (failure.GetProperty("code").GetString(), failure.GetProperty("alert").GetInt32(), failure.GetProperty("alertName").GetString()));
        Assert.StartsWith("TLS 1.3, TLS_", failure.GetProperty("handshake").GetString(), StringComparison.Ordinal);
        var tls = failure.GetProperty("tls");
        Assert.Equal(("TLS 1.3", true, true), (tls.GetProperty("protocol").GetString(), tls.GetProperty("certificateRequested").GetBoolean(), tls.GetProperty("originTrusted").GetBoolean()));
        Assert.Equal("CN=alice", Assert.Single(tls.GetProperty("presentedChain").EnumerateArray()).GetProperty("subject").GetString());
        Assert.False(tls.TryGetProperty("acceptableIssuers", out _));
    }

    [Fact]
    public async Task NobodyRuns_IsAnErrorThatSaysWhatToDo()
    {
        using TemporaryDirectory folder = new();
        await using var run = await RecentAsync(folder.Combine("certificates"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("No proxy runs with the store", run.Transcript, StringComparison.Ordinal);
        Assert.Contains("--store", run.Transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("https://localhost", "--recent")]
    public async Task NeitherOrBoth_IsAUsageError(params string[] arguments)
    {
        await using var run = await TestProcess.RunAsync(ProxyBinary.Path, ["diagnose", .. arguments]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("diagnose takes the URL of an origin, or --recent.", run.Transcript, StringComparison.Ordinal);
    }

    private static Task<TestProcess> RecentAsync(string store, params string[] arguments)
        => TestProcess.RunAsync(ProxyBinary.Path, ["diagnose", "--recent", "--store", store, .. arguments]);
}
