using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The command serves as the library does: its own certificate store, load, and an orderly end.</summary>
public sealed class BinaryTests
{
    [Fact]
    public async Task ThousandSequentialRequestsWithOneLoop_UseOneOriginConnection()
    {
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxyProcess.StartAsync(nginx.Url, TestCertificates.Client, "--loops", "1");
        using var client = await RawClient.ConnectAsync(proxy.Port);
        RawResponse? last = null;
        for (int i = 0; i < 1000; i++)
        {
            last = await client.ExchangeAsync($"GET /{i} HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
        }

        Assert.Equal(("CN=client", "1000"), (last!["X-Client-Subject"], last["X-Connection-Requests"]));
    }

    [Fact]
    public async Task Wrk_SeesNoErrorAndTheCommandEndsInOrderOnATermination()
    {
        string wrk = Peers.Require("wrk");
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxyProcess.StartAsync(nginx.Url, TestCertificates.Client);

        await using var run = await TestProcess.RunAsync(wrk, ["-t1", "-c8", "-d1s", proxy.Url + "/"]);

        Assert.True(run.ExitCode == 0, run.Transcript);
        Assert.DoesNotContain("Socket errors", run.Transcript, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", run.Transcript, StringComparison.Ordinal);
        proxy.Process.Signal(ProcessSignal.Terminate);
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
    }

    [Theory]
    [InlineData(true, "next: end what listens there, or take another address")]
    [InlineData(false, "next: take an address of this host with --listen")] // 192.0.2.0/24 is nobody's (RFC 5737)
    public async Task AddressThatCannotBeListenedOn_HasTheNextStepThatFits(bool taken, string next)
    {
        await using var other = ByteOrigin.Answering("");
        await using var run = await TestProcess.RunAsync(ProxyBinary.Path, ["run", "--allow-root", "--forward", "http://a.example", "--listen", taken ? $"http://localhost:{other.Port}" : "http://192.0.2.1:0"]);

        Assert.Equal((1, next), (run.ExitCode, run.ErrorLines[^1][..next.Length]));
    }

    [Fact]
    public async Task RequestInFlight_EndsBeforeTheCommandDoes()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await release.Task;
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld");
        });
        await using var proxy = await TestProxyProcess.StartAsync($"http://127.0.0.1:{origin.Port}");
        using var client = await RawClient.ConnectAsync(proxy.Port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await origin.WaitForConnectionAsync();
        proxy.Process.Signal(ProcessSignal.Terminate);

        Assert.False(proxy.Process.HasExited);
        release.SetResult();
        Assert.Equal("held", (await client.ReadResponseAsync()).Text);
        client.Dispose();
        Assert.Equal(0, await proxy.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task RefusedCertificate_IsExplainedToTheClientAndToTheOperator()
    {
        await using var haproxy = await HaproxyOrigin.StartAsync();
        await using var proxy = await TestProxyProcess.StartAsync(haproxy.Url, TestCertificates.UnknownClient);
        using var client = await RawClient.ConnectAsync(proxy.Port);

        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(522, response.StatusCode);
        Assert.Contains("alert-id=48; alert-message=\"unknown_ca\"", response["Proxy-Status"], StringComparison.Ordinal);
        await proxy.Process.WaitForLineAsync("tls_alert_received");
        Assert.DoesNotContain("PRIVATE KEY", proxy.Process.Transcript, StringComparison.Ordinal);
    }
}
