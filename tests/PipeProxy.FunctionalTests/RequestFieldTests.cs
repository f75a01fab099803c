using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>What the origin is sent: the client's end-to-end fields as they came, and nothing by which a client could pose as somebody else.</summary>
public sealed class RequestFieldTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task EndToEndFields_KeepOrderCaseAndDuplicates(TestBuffers buffers)
    {
        string head = await HeadAtOriginAsync("GET /p%20a/th?q=1&q=2 HTTP/1.1\r\nHost: client.example:81\r\nCookie: b=2\r\nx-LOWER: v  v\r\nCookie: a=1\r\nX-Empty:\r\nCookie: b=2\r\n\r\n", buffers);

        string[] lines = head.Split("\r\n");
        Assert.Equal("GET /p%20a/th?q=1&q=2 HTTP/1.1", lines[0]);
        Assert.Equal(["Cookie: b=2", "x-LOWER: v  v", "Cookie: a=1", "X-Empty:", "Cookie: b=2"], lines.Skip(2).Take(5).Select(static line => line.TrimEnd()));
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task HopByHopAndNominatedFields_AreRemoved(TestBuffers buffers)
    {
        string head = await HeadAtOriginAsync(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Nominated, Upgrade\r\nX-Nominated: 1\r\nX-Kept: 2\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"
            + "Proxy-Authorization: Basic eA==\r\nTE: trailers\r\nUpgrade: foo\r\n\r\n",
            buffers);

        foreach (string name in new[] { "Connection", "X-Nominated", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Upgrade" })
        {
            Assert.Empty(Values(head, name));
        }

        Assert.Equal(["2"], Values(head, "X-Kept"));
    }

    [Fact]
    public async Task HopByHopFieldsOfTheAnswer_AreRemoved()
    {
        await using var origin = ByteOrigin.Answering(
            "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nX-Kept: 2\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await TestProxy.StartAsync(origin.Url);

        var response = await proxy.GetAsync();

        Assert.Equal(["X-Kept", "Via", "Content-Length"], response.Fields.Select(static field => field.Key));
    }

    [Fact]
    public async Task TheProxy_NamesItselfTheClientAndTheOriginalHost()
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        await client.ExchangeAsync(
            "GET / HTTP/1.1\r\nHost: client.example:81\r\nVia: 1.0 first\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nForwarded: for=9.9.9.9\r\n\r\n");
        string head = origin.Connections[0].Received;

        Assert.Equal([$"localhost:{origin.Port}"], Values(head, "Host"));
        Assert.Equal(["1.0 first", "1.1 pipeproxy"], Values(head, "Via"));
        Assert.Equal(["127.0.0.1"], Values(head, "X-Forwarded-For"));
        Assert.Equal(["http"], Values(head, "X-Forwarded-Proto"));
        Assert.Equal(["client.example:81"], Values(head, "X-Forwarded-Host"));
        Assert.Empty(Values(head, "Forwarded"));
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(Values(head, "X-Request-Id")));
    }

    [Theory]
    [InlineData("OPTIONS", "3", "2")]
    [InlineData("OPTIONS", "1", "0")]
    [InlineData("OPTIONS", "4294967295", "2147483646")]
    [InlineData("OPTIONS", "x", "x")]
    [InlineData("GET", "0", "0")]
    public async Task MaxForwards_CountsDownForOptions(string method, string sent, string seen)
        => Assert.Equal([seen], Values(await HeadAtOriginAsync($"{method} / HTTP/1.1\r\nHost: a\r\nMax-Forwards: {sent}\r\n\r\n"), "Max-Forwards"));

    [Theory]
    [InlineData("/")]
    [InlineData("*")]
    public async Task MaxForwardsAtItsEnd_IsAnsweredHere(string target)
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync($"OPTIONS {target} HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");

        Assert.Equal((200, true), (response.StatusCode, response["Allow"]?.Contains("OPTIONS", StringComparison.Ordinal)));
        Assert.Empty(origin.Connections);
    }

    [Fact]
    public async Task RequestThatGoesInCircles_Is502()
    {
        string own = $"http://127.0.0.1:{FreePorts.Next()}";
        await using var proxy = await TestProxy.StartAsync(own, configure: config => config with { Listeners = [new PipeProxy.Configuration.ListenerConfig { Url = own }] });

        var response = await proxy.GetAsync();

        Assert.Equal(502, response.StatusCode);
        Assert.Contains("error=proxy_loop_detected", response["Proxy-Status"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestId_OfTheClientIsKeptWhereItIsAPlainToken()
    {
        Assert.Equal(["abc-123"], Values(await HeadAtOriginAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-123\r\n\r\n"), "X-Request-Id"));
        Assert.Matches("^[0-9a-f]{32}$", Assert.Single(Values(await HeadAtOriginAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: a b\"c\r\n\r\n"), "X-Request-Id")));
    }

    [Theory]
    [InlineData("X-Amzn-Mtls-Clientcert-Subject")]
    [InlineData("x-amzn-mtls-clientcert")]
    [InlineData("X-AMZN-MTLS-CLIENTCERT-LEAF")]
    [InlineData("X-Amzn-Mtls-Anything-New")]
    [InlineData("X_Amzn_Mtls_Clientcert_Subject")]
    [InlineData("Client-Cert")]
    [InlineData("Client-Cert-Chain")]
    [InlineData("client_cert")]
    public async Task FieldsThatTellOfAClientCertificate_AreNotTakenFromTheClient(string name)
    {
        string head = await HeadAtOriginAsync($"GET / HTTP/1.1\r\nHost: a\r\n{name}: CN=admin\r\nX-Kept: 2\r\n\r\n");

        Assert.DoesNotContain("CN=admin", head, StringComparison.Ordinal);
        Assert.Equal(["2"], Values(head, "X-Kept"));
    }

    [Fact]
    public async Task SimulatorsTarget_SeesTheProxysCertificateOnly()
    {
        await using var origin = await VerifyingOrigin.StartAsync(OriginKind.Simulator, TlsVersions.Both);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.Client);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Amzn-Mtls-Clientcert-Subject: CN=admin\r\n\r\n");

        Assert.Equal("CN=client", origin.SubjectSeenIn(response));
        Assert.DoesNotContain("CN=admin", response.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET http://elsewhere.example/x?y HTTP/1.1\r\nHost: other\r\n\r\n", "GET /x?y HTTP/1.1")]
    [InlineData("PROPFIND /x HTTP/1.1\r\nHost: a\r\n\r\n", "PROPFIND /x HTTP/1.1")]
    [InlineData("GET /a;b=c/%2Fd?e=%20f HTTP/1.0\r\n\r\n", "GET /a;b=c/%2Fd?e=%20f HTTP/1.1")]
    public async Task RequestLine_GoesOnAsOriginFormOfHttp11(string request, string line)
        => Assert.StartsWith(line + "\r\n", await HeadAtOriginAsync(request), StringComparison.Ordinal);

    private static async Task<string> HeadAtOriginAsync(string request, TestBuffers buffers = TestBuffers.Normal)
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(request);
        Assert.Equal(200, response.StatusCode);
        return origin.Connections[0].Received;
    }

    private static string[] Values(string head, string name) =>
    [
        .. head.Split("\r\n").Skip(1)
            .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(name.Length + 1)..].Trim()),
    ];
}
