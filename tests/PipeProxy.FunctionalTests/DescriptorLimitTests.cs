using System.Globalization;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A process that has no descriptor left stops accepting, says so, and goes on by itself.</summary>
public sealed class DescriptorLimitTests
{
    [Fact]
    public async Task NoDescriptorLeft_AcceptPausesSaysSoAndRecovers()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "prlimit is Linux's");
        string prlimit = Peers.Require("prlimit");
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var proxy = await TestProxyProcess.StartAsync(origin.Url, arguments: ["--loops", "1"]);
        Assert.Equal(200, (await GetAsync(proxy)).StatusCode);

        int used = Directory.GetFileSystemEntries($"/proc/{proxy.Process.Id}/fd").Length;
        await using TestProcess limited = await TestProcess.RunAsync(
            prlimit,
            ["--pid", proxy.Process.Id.ToString(CultureInfo.InvariantCulture), $"--nofile={used + 8}:{used + 8}"]);
        Assert.Equal(0, limited.ExitCode);
        List<RawClient> clients = [];
        for (int i = 0; i < 40; i++)
        {
            clients.Add(await RawClient.ConnectAsync(proxy.Port));
        }

        await proxy.Process.WaitForLineAsync("refuses to accept connections");
        clients.ForEach(static client => client.Dispose());
        Assert.Equal(200, (await GetAsync(proxy)).StatusCode);
        await proxy.Process.WaitForLineAsync("are accepted on .* again");
        Assert.Single(proxy.Process.ErrorLines, static line => line.Contains("refuses to accept", StringComparison.Ordinal));
    }

    private static async Task<RawResponse> GetAsync(TestProxyProcess proxy)
    {
        using var client = await RawClient.ConnectAsync(proxy.Port);
        return await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
    }
}
