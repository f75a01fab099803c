using System.Globalization;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A process that has no descriptor left stops accepting, says so, and goes on by itself.</summary>
public sealed class DescriptorLimitTests
{
    // Below the limit: for the process, and an eighth of some 250 for connections to origins.
    private const int Kept = 48 + 32;

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
            ["--pid", proxy.Process.Id.ToString(CultureInfo.InvariantCulture), $"--nofile={used + Kept + 8}:{used + Kept + 8}"]);
        Assert.Equal(0, limited.ExitCode);
        List<RawClient> clients = [];
        for (int i = 0; i < 40; i++)
        {
            clients.Add(await RawClient.ConnectAsync(proxy.Port));
        }

        await proxy.Process.WaitForLineAsync("No connections are accepted on .* for now .few descriptors are left");
        clients.ForEach(static client => client.Dispose());
        Assert.Equal(200, (await GetAsync(proxy)).StatusCode);
        await proxy.Process.WaitForLineAsync("are accepted on .* again");
        Assert.Single(proxy.Process.ErrorLines, static line => line.Contains("No connections are accepted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task MoreClientsThanDescriptorsAllAsk_TheyAreAnsweredAndTheProcessLives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "prlimit is Linux's");
        string prlimit = Peers.Require("prlimit");
        using var answer = new SemaphoreSlim(0);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await answer.WaitAsync(TestContext.Current.CancellationToken);
                await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });

        // No problem document was made before: the code that writes one is loaded when there are no descriptors for connections.
        await using var proxy = await TestProxyProcess.StartAsync(origin.Url, arguments: ["--loops", "1"]);
        int limit = Directory.GetFileSystemEntries($"/proc/{proxy.Process.Id}/fd").Length + Kept + 40;
        await using TestProcess limited = await TestProcess.RunAsync(
            prlimit,
            ["--pid", proxy.Process.Id.ToString(CultureInfo.InvariantCulture), $"--nofile={limit}:{limit}"]);
        Assert.Equal(0, limited.ExitCode);

        List<RawClient> clients = [];
        for (int i = 0; i < 200; i++)
        {
            clients.Add(await RawClient.ConnectAsync(proxy.Port));
            await clients[i].SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }

        await proxy.Process.WaitForLineAsync("No connections are accepted on .* for now .few descriptors are left");

        // The rest of the clients get in as these go.
        answer.Release(10 * clients.Count);
        Dictionary<int, int> statuses = [];
        foreach (RawClient client in clients)
        {
            RawResponse response = await client.ReadResponseAsync();
            statuses[response.StatusCode] = statuses.GetValueOrDefault(response.StatusCode) + 1;
            client.Dispose();
        }

        Assert.True(statuses.GetValueOrDefault(200) > 0, "nobody was served");
        Assert.Equal(200, statuses.GetValueOrDefault(200) + statuses.GetValueOrDefault(503));
        Assert.Equal(200, (await GetAsync(proxy)).StatusCode);
        Assert.DoesNotContain(proxy.Process.ErrorLines, static line => line.Contains("bug", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64, "1", "The limit of open files is 64; a proxy with 1 event loop needs 200 to begin with.")]
    [InlineData(1024, "500", "The limit of open files is 1024; a proxy with 500 event loops needs 4192 to begin with.")]
    public async Task LimitTooLowToBegin_IsTold(int limit, string loops, string error)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "prlimit is Linux's");
        string prlimit = Peers.Require("prlimit");
        await using TestProcess run = await TestProcess.RunAsync(
            prlimit,
            [$"--nofile={limit}:{limit}", ProxyBinary.Path, "run", "--forward", "http://127.0.0.1:9", "--listen", "http://127.0.0.1:0", "--loops", loops]);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["error: " + error, "next: Raise the limit (ulimit -n 1024; LimitNOFILE= in a systemd unit), or lower --loops."], run.ErrorLines);
    }

    private static async Task<RawResponse> GetAsync(TestProxyProcess proxy)
    {
        using var client = await RawClient.ConnectAsync(proxy.Port);
        return await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
    }
}
