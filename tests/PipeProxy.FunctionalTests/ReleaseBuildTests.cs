using System.Net;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The binary as releases carry it does the main job: code that was compiled beforehand lacks whatever nobody saw would be needed.</summary>
[Collection(MeasuringTests.Name)]
public sealed class ReleaseBuildTests
{
    [Theory]
    [InlineData("ready-to-run")]
    [InlineData("native-aot")]
    public async Task PublishedBinary_PresentsItsCertificateAndLogs(string build)
    {
        Peers.Require("nginx");
        if (build == "native-aot")
        {
            Peers.Require("gcc");
        }

        await using (var publish = await TestProcess.RunAsync("bash", [RepositoryRoot.Combine("bench", "release-builds.sh"), build], timeout: TimeSpan.FromMinutes(20)))
        {
            Assert.True(publish.ExitCode == 0, publish.Transcript);
        }

        string command = RepositoryRoot.Combine("artifacts", "release", build, "pipeproxy");
        using TemporaryDirectory folder = new();
        await using var create = await TestProcess.RunAsync(
            command,
            [
                "mtls-certificate", "create", "--cert", TestCertificates.Client.CertificatePath, "--key", TestCertificates.Client.KeyPath,
                "--name", "client", "--environment-type", "development", "--store", folder.Combine("certificates"),
            ]);
        Assert.True(create.ExitCode == 0, create.Transcript);
        await using var list = await TestProcess.RunAsync(command, ["mtls-certificate", "list", "--store", folder.Combine("certificates"), "--output", "json"]);
        Assert.Contains("\"client\"", list.Transcript, StringComparison.Ordinal);

        await using var nginx = await NginxOrigin.StartAsync();
        await using var proxy = TestProcess.Start(
            command,
            [
                "run", "--listen", "http://127.0.0.1:0", "--forward", nginx.Url, "--mtls-certificate", "client", "--store", folder.Combine("certificates"),
                "--trusted-ca", TestCertificates.Root.CertificatePath, "--access-log", folder.Combine("access.log"), "--allow-root",
            ],
            folder.Path);
        string url = (await proxy.WaitForLineAsync("^listening on "))["listening on ".Length..];

        using HttpClient client = new();
        using var answer = await client.GetAsync(new Uri(url + "/hello"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        // The operator's log: what an exit says goes through the logging library, options and all.
        proxy.Signal(ProcessSignal.Terminate);
        Assert.True(await proxy.WaitForExitAsync() == 0, proxy.Transcript);
        Assert.Contains(" info: ", proxy.Transcript, StringComparison.Ordinal);
        Assert.Contains("/hello", await File.ReadAllTextAsync(folder.Combine("access.log")), StringComparison.Ordinal);
    }
}
