using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The clients that people measure with drive the proxy without an error.</summary>
public sealed class LoadToolTests
{
    public static MatrixTheoryData<string, TestBuffers> Targets { get; } = new(["/", "/files/small", "/files/large"], Enum.GetValues<TestBuffers>());

    [Fact]
    public async Task Curl_GetsPostsAndKeepsItsConnection()
    {
        string curl = Peers.Require("curl");
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, certificate: TestCertificates.Client);
        using TemporaryDirectory folder = new();
        string upload = folder.Write("upload", new string('u', 3_000_000));

        await using var run = await TestProcess.RunAsync(
            curl,
            [
                "-sS", "--fail", "-w", "%{http_code} %{num_connects}\\n", $"{proxy.Url}/one", $"{proxy.Url}/two",
                "--next", "-sS", "--fail", "-w", "%{http_code} %{num_connects}\\n", "-T", upload, $"{proxy.Url}/upload",
                "--next", "-sS", "--fail", "-w", "%{http_code} %{num_connects}\\n", "-H", "Transfer-Encoding: chunked", "--data-binary", "@" + upload, $"{proxy.Url}/upload",
                "--next", "-sS", "-I", "-w", "%{http_code} %{num_connects}\\n", $"{proxy.Url}/head",
            ]);

        Assert.True(run.ExitCode == 0, run.Transcript);
        string output = string.Join('\n', run.OutputLines);
        Assert.Contains("target: /one", output, StringComparison.Ordinal);
        Assert.Equal(2, output.Split("3000000200 0").Length - 1);
        Assert.Contains("200 1", output, StringComparison.Ordinal);
        Assert.Equal(5, output.Split("200 ").Length - 1 - output.Split("HTTP/1.1 200 ").Length + 1);
        Assert.Empty(run.ErrorLines);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Wrk_SeesNoError(string path, TestBuffers buffers)
    {
        string wrk = Peers.Require("wrk");
        await using var nginx = await NginxOrigin.StartAsync();
        nginx.AddFile("small", "small"u8);
        nginx.AddFile("large", new byte[300_000]);
        await using var proxy = await TestProxy.StartAsync(nginx.Url, buffers, TestCertificates.Client);

        await using var run = await TestProcess.RunAsync(wrk, ["-t1", "-c8", "-d1s", proxy.Url + path]);

        Assert.True(run.ExitCode == 0, run.Transcript);
        Assert.Contains("requests in", run.Transcript, StringComparison.Ordinal);
        Assert.DoesNotContain("Socket errors", run.Transcript, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", run.Transcript, StringComparison.Ordinal);
        Assert.DoesNotContain(" 0 requests in", run.Transcript, StringComparison.Ordinal);
    }

    [Fact]
    public async Task H2load_OverHttp11SeesEveryRequestSucceed()
    {
        string h2load = Peers.Require("h2load");
        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = await TestProxy.StartAsync(nginx.Url, certificate: TestCertificates.Client);

        await using var run = await TestProcess.RunAsync(h2load, ["--h1", "-n", "2000", "-c", "16", proxy.Url + "/"], timeout: TimeSpan.FromSeconds(60));

        Assert.True(run.ExitCode == 0, run.Transcript);
        Assert.Contains("2000 succeeded, 0 failed, 0 errored, 0 timeout", run.Transcript, StringComparison.Ordinal);
        Assert.Contains("2000 2xx", run.Transcript, StringComparison.Ordinal);
    }
}
