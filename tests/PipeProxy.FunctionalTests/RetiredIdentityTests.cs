using PipeProxy.Configuration;
using PipeProxy.Rotation;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>An identity that ends while a connection under it is being opened takes no request along.</summary>
public sealed class RetiredIdentityTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task CertificateReplacedDuringTheHandshake_TheRequestLeavesUnderTheNewOne()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = GatedTls(gate.Task);
        await using var proxy = await StartAsync(origin);
        var request = proxy.GetAsync("/one");
        await origin.WaitForConnectionAsync();

        Assert.Equal(RotationOutcome.Switched, (await proxy.RotateAsync(TestProxyCertificate.Issue("alice", "CN=alice-2"))).Outcome);
        gate.SetResult();

        Assert.Equal("CN=alice-2", (await request).Text);
        Assert.Equal("", origin.Connections[0].Received);

        // The request's first, the canary's, and the one that served it.
        Assert.Equal(3, origin.Connections.Count);
    }

    [Fact]
    public async Task RouteRemovedDuringTheHandshake_TheRequestIsToldSoAndNothingIsSent()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = GatedTls(gate.Task);
        await using var proxy = await StartAsync(origin);
        var request = proxy.GetAsync("/one");
        await origin.WaitForConnectionAsync();

        Assert.True((await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Routes = [TestProxy.Route("/other", "http://localhost:1")] })).Applied);
        gate.SetResult();

        var response = await request.WaitAsync(Limit);
        Assert.Equal(503, response.StatusCode);
        Assert.Contains("error=destination_unavailable", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.All(origin.Connections, static connection => Assert.Equal("", connection.Received));
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task ReloadThatKeepsTheOriginAndRenewsTheCertificate_DuringTheHandshake_ServesTheRequestUnderTheNewOne()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = GatedTls(gate.Task);
        await using var proxy = await StartAsync(origin);
        var request = proxy.GetAsync("/one");
        await origin.WaitForConnectionAsync();

        var alice = TestProxyCertificate.Issue("alice", "CN=alice-2");
        proxy.Certificates.Set(alice);
        Assert.True((await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Routes = [TestProxy.Route("/moved", $"https://localhost:{origin.Port}", "alice")] })).Applied);
        Assert.Equal(RotationOutcome.Switched, (await proxy.Proxy.SettleAsync("alice")).Rotation!.Outcome);
        gate.SetResult();

        Assert.Equal("CN=alice-2", (await request).Text);
    }

    [Fact]
    public async Task RouteWithoutCertificate_RemovedWhileItsRequestsRun_ServesThemAll()
    {
        for (int round = 0; round < 50; round++)
        {
            await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            await using var proxy = await TestProxy.StartAsync(origin.Url);
            using var client = await proxy.ConnectAsync();
            await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);

            // Before, while or after the connection to the origin is opened: whichever it is, there is one answer and the proxy ends.
            await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Routes = [TestProxy.Route("/other", "http://localhost:1")] });

            Assert.Contains((await client.ReadResponseAsync()).StatusCode, (int[])[200, 404]);
            Assert.True(origin.Connections.Count <= 1);
        }
    }

    private static Task<TestProxy> StartAsync(ByteOrigin origin) => TestProxy.StartAsync(
        TestProxy.Config(TestProxy.Route("/one", $"https://localhost:{origin.Port}", "alice")) with
        {
            Upstreams = new Dictionary<string, UpstreamConfig> { [$"https://localhost:{origin.Port}"] = new() { Probe = "/" } },
        },
        [TestProxy.Named("alice", TestCertificates.Alice)]);

    // Takes connections at once and lets the first one's handshake begin when the gate opens; answers with whom it sees.
    private static ByteOrigin GatedTls(Task gate) => ByteOrigin.Start(async connection =>
    {
        if (connection.Number == 0)
        {
            await gate;
        }

        await connection.AuthenticateAsync(new ByteOriginTls());
        await connection.ReadHeadAsync();
        await connection.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {connection.ClientSubject!.Length}\r\n\r\n{connection.ClientSubject}");
    });
}
