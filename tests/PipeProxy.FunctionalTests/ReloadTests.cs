using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A configuration is put in force whole or not at all, and takes nobody's request away.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task NewRoutes_AreInForceForTheNextRequestOfAnOpenConnection()
    {
        await using var one = Saying("one");
        await using var two = Saying("two");
        await using var proxy = await TestProxy.StartAsync(one.Url);
        using var client = await proxy.ConnectAsync();
        Assert.Equal("one", (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Text);

        var result = await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Revision = "2", Routes = [TestProxy.Route("/only/{*rest}", two.Url)] });

        Assert.Equal((true, "2"), (result.Applied, result.Revision));
        Assert.Equal("two", (await client.ExchangeAsync("GET /only/x HTTP/1.1\r\nHost: a\r\n\r\n")).Text);
        Assert.Equal(404, (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).StatusCode);
    }

    [Fact]
    public async Task RunningRequest_EndsUnderTheRoutesItStartedWith()
    {
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var slow = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await release.Task;
            await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
        });
        await using var two = Saying("two");
        await using var proxy = await TestProxy.StartAsync(slow.Url);
        var running = proxy.GetAsync();
        await slow.WaitForConnectionAsync();

        await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Routes = [TestProxy.Route("/{*rest}", two.Url)] });

        Assert.Equal("two", (await proxy.GetAsync()).Text);
        release.SetResult();
        Assert.Equal("slow", (await running).Text);
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("template")]
    [InlineData("trust")]
    [InlineData("listener")]
    [InlineData("plain")]
    public async Task ConfigurationWithOneFault_ChangesNothingAndNamesIt(string fault)
    {
        await using var one = Saying("one");
        await using var two = Saying("two");
        await using var proxy = await TestProxy.StartAsync(one.Url, certificate: null);
        string[] urls = [.. proxy.Proxy.Urls];
        var good = proxy.Proxy.Config with { Revision = "bad", Routes = [TestProxy.Route("/{*rest}", two.Url)] };
        var (bad, named) = fault switch
        {
            "certificate" => (good with { Routes = [.. good.Routes, TestProxy.Route("/x", "https://localhost:1", "nobody")] }, "nobody"),
            "template" => (good with { Routes = [.. good.Routes, TestProxy.Route("/x", "https://${params.host}/")] }, "params.host"),
            "trust" => (good with { TrustedCertificates = "/no/such/file.pem" }, "/no/such/file.pem"),
            "listener" => (good with { Listeners = [.. good.Listeners, new ListenerConfig { Url = $"http://127.0.0.1:{one.Port}" }] }, $"127.0.0.1:{one.Port}"),
            _ => (good with { Routes = [.. good.Routes, TestProxy.Route("/x", "http://localhost:1", "nobody")] }, "nobody"),
        };

        var result = await proxy.Proxy.ApplyAsync(bad);

        Assert.False(result.Applied);
        Assert.Contains(result.Errors, error => error.ToString().Contains(named, StringComparison.Ordinal));
        Assert.NotEqual("bad", proxy.Proxy.Config.Revision);
        Assert.Equal("one", (await proxy.GetAsync()).Text);
        Assert.Equal(urls, proxy.Proxy.Urls);
        Assert.Empty(two.Connections);
    }

    [Fact]
    public async Task Listeners_AreAddedAndRemovedWithoutTouchingOthers()
    {
        await using var one = Saying("one");
        await using var proxy = await TestProxy.StartAsync(one.Url);
        using var kept = await proxy.ConnectAsync();
        await kept.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        int first = proxy.Port;
        var config = proxy.Proxy.Config;
        string second = $"http://127.0.0.1:{FreePorts.Next()}";

        Assert.True((await proxy.Proxy.ApplyAsync(config with { Listeners = [.. config.Listeners, new ListenerConfig { Url = second }] })).Applied);
        Assert.Equal([first, TestProxy.PortOf(second)], proxy.Proxy.Urls.Select(TestProxy.PortOf));
        using (var client = await RawClient.ConnectAsync(TestProxy.PortOf(second)))
        {
            Assert.Equal("one", (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).Text);

            Assert.True((await proxy.Proxy.ApplyAsync(config)).Applied);
            Assert.Equal([first], proxy.Proxy.Urls.Select(TestProxy.PortOf));

            // Who is connected there may end what it does, and is told that it is the last.
            var last = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            Assert.Equal(("one", "close"), (last.Text, last["Connection"]));
        }

        var other = await kept.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(("one", null), (other.Text, other["Connection"]));
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => RawClient.ConnectAsync(TestProxy.PortOf(second)));
    }

    [Fact]
    public async Task ReplacedCertificate_ClosesItsIdleConnectionsAndLeavesTheOthers()
    {
        await using var origin = Saying("hello", new ByteOriginTls());
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(TestProxy.Route("/alice", origin.Url, "alice"), TestProxy.Route("/bob", origin.Url, "bob")) with
            {
                Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = new() { Probe = "/probe" } },
            },
            [TestProxy.Named("alice", TestCertificates.Alice), TestProxy.Named("bob", TestCertificates.Bob)],
            loops: 1);
        await proxy.GetAsync("/alice");
        await proxy.GetAsync("/bob");
        Assert.Equal(["CN=alice", "CN=bob"], origin.Connections.Select(static connection => connection.ClientSubject));

        await proxy.RotateAsync(TestProxyCertificate.Issue("alice", "CN=alice-2"));

        // The origin's script ends when the proxy has closed the connection.
        await EndOf(origin.Connections[0]).WaitAsync(TimeSpan.FromSeconds(60));
        await proxy.GetAsync("/alice");
        await proxy.GetAsync("/bob");

        // The third one is the canary's.
        Assert.Equal(["CN=alice", "CN=bob", "CN=alice-2", "CN=alice-2"], origin.Connections.Select(static connection => connection.ClientSubject));
        Assert.False(origin.Connections[1].IsClosed);
    }

    [Fact]
    public async Task UnchangedIdentity_KeepsItsConnectionsOverAReload()
    {
        await using var origin = Saying("hello", new ByteOriginTls());
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.Client, loops: 1);
        await proxy.GetAsync();

        await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Revision = "2", Timeouts = proxy.Proxy.Config.Timeouts with { KeepAlive = TimeSpan.FromSeconds(9) } });
        proxy.Certificates.Set(TestProxy.Named(TestProxy.CertificateName, TestCertificates.Client));

        await proxy.GetAsync();
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task CertificateThatIsRemovedWhileARouteNamesIt_StaysInForceAndTheLogSaysSo()
    {
        await using var origin = Saying("hello", new ByteOriginTls());
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.Client);

        proxy.Certificates.Remove(TestProxy.CertificateName);

        Assert.StartsWith("Error", await proxy.WaitForLogAsync("the one before stays in force"), StringComparison.Ordinal);
        Assert.Equal("hello", (await proxy.GetAsync()).Text);
    }

    private static ByteOrigin Saying(string text, ByteOriginTls? tls = null) => ByteOrigin.Answering($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\n\r\n{text}", tls);

    private static async Task EndOf(OriginConnection connection)
    {
        using PeriodicTimer look = new(TimeSpan.FromMilliseconds(10));
        while (!connection.IsClosed && await look.WaitForNextTickAsync())
        {
        }
    }
}
