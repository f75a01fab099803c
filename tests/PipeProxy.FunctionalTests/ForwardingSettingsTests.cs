using System.Net;
using System.Net.Sockets;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>What <c>forwarding</c> and an upstream's <c>limits</c> change on the wire.</summary>
public sealed class ForwardingSettingsTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const string FromAHop =
        "GET / HTTP/1.1\r\nHost: client.example:81\r\nX-Forwarded-For: 1.1.1.1,, 2.2.2.2\r\nX-Forwarded-Proto: https\r\nX-Kept: 1\r\nX-Forwarded-Host: public.example\r\n"
        + "Forwarded: for=1.1.1.1;by=\"a, b\"\r\nX-Forwarded-For: 3.3.3.3\r\nForwarded: for=3.3.3.3\r\n\r\n";

    private static readonly ForwardingConfig Trusting = new() { TrustedHops = [IPNetwork.Parse("127.0.0.0/8")] };

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task TrustedHop_IsBelieved(TestBuffers buffers)
    {
        string head = await HeadAtOriginAsync(FromAHop, Trusting, buffers: buffers);

        Assert.Equal(["1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1"], Values(head, "X-Forwarded-For"));
        Assert.Equal(["https"], Values(head, "X-Forwarded-Proto"));
        Assert.Equal(["public.example"], Values(head, "X-Forwarded-Host"));
        Assert.Empty(Values(head, "Forwarded"));
        Assert.Equal(["1"], Values(head, "X-Kept"));
    }

    [Fact]
    public async Task ClientOutsideTheTrustedNetworks_IsReplaced()
    {
        ForwardingConfig other = new() { TrustedHops = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("127.0.0.2/32"), IPNetwork.Parse("::1/128")], Forwarded = true };

        string head = await HeadAtOriginAsync(FromAHop, other);

        Assert.Equal(["127.0.0.1"], Values(head, "X-Forwarded-For"));
        Assert.Equal(["http"], Values(head, "X-Forwarded-Proto"));
        Assert.Equal(["client.example:81"], Values(head, "X-Forwarded-Host"));
        Assert.Equal(["for=127.0.0.1;proto=http;host=\"client.example:81\""], Values(head, "Forwarded"));
    }

    [Fact]
    public async Task TrustedHopThatSaysNothing_IsTheClient()
    {
        string head = await HeadAtOriginAsync("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", Trusting with { Forwarded = true });

        Assert.Equal(["127.0.0.1"], Values(head, "X-Forwarded-For"));
        Assert.Equal(["http"], Values(head, "X-Forwarded-Proto"));
        Assert.Equal(["a.example"], Values(head, "X-Forwarded-Host"));
        Assert.Equal(["for=127.0.0.1;proto=http;host=a.example"], Values(head, "Forwarded"));
    }

    [Fact]
    public async Task TrustedHopsForwarded_IsAppendedTo()
        => Assert.Equal(
            ["for=1.1.1.1;by=\"a, b\", for=3.3.3.3, for=127.0.0.1;proto=http;host=\"client.example:81\""],
            Values(await HeadAtOriginAsync(FromAHop, Trusting with { Forwarded = true }), "Forwarded"));

    [Fact]
    public async Task NominatedFieldsOfATrustedHop_AreKept()
    {
        string head = await HeadAtOriginAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Forwarded-For, X-Forwarded-Proto\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\n\r\n", Trusting);

        Assert.Equal(["1.1.1.1, 127.0.0.1"], Values(head, "X-Forwarded-For"));
        Assert.Equal(["https"], Values(head, "X-Forwarded-Proto"));
    }

    [Theory]
    [InlineData(1, "127.0.0.1")]
    [InlineData(2, "3.3.3.3, 127.0.0.1")]
    [InlineData(3, "2.2.2.2, 3.3.3.3, 127.0.0.1")]
    [InlineData(9, "1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1")]
    public async Task ForwardedForLimit_KeepsTheNewest(int max, string expected)
        => Assert.Equal([expected], Values(await HeadAtOriginAsync(FromAHop, Trusting, new UpstreamConfig { Limits = new() { ForwardedFor = max } }), "X-Forwarded-For"));

    [Fact]
    public async Task Ipv6Client_StandsInBracketsAndQuotes()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "There is no IPv6.");
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url, configure: static config => config with
        {
            Listeners = [new ListenerConfig { Url = "http://[::1]:0" }],
            Forwarding = new ForwardingConfig { TrustedHops = [IPNetwork.Parse("::/64")], Forwarded = true },
        });
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Get, proxy.Url) { Headers = { Host = "a.example" } };
        request.Headers.Add("X-Forwarded-For", "fd00::7");

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        string head = origin.Connections[0].Received;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["fd00::7, ::1"], Values(head, "X-Forwarded-For"));
        Assert.Equal(["for=\"[::1]\";proto=http;host=a.example"], Values(head, "Forwarded"));
    }

    [Fact]
    public async Task Trust_FollowsAReloadOnALiveConnection()
    {
        const string Request = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n";
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();

        await client.ExchangeAsync(Request);
        var applied = await proxy.Proxy.ApplyAsync(proxy.Proxy.Config with { Forwarding = Trusting }, TestContext.Current.CancellationToken);
        await client.ExchangeAsync(Request);

        Assert.True(applied.Applied);
        Assert.Equal(["127.0.0.1", "1.1.1.1, 127.0.0.1"], Values(string.Concat(origin.Connections.Select(static connection => connection.Received)), "X-Forwarded-For"));
    }

    [Theory]
    [InlineData("requestLine", 414)]
    [InlineData("field", 431)]
    [InlineData("fields", 431)]
    public async Task RequestBeyondAnUpstreamsLimit_IsRefusedAndNamesIt(string setting, int status)
    {
        UpstreamLimitConfig limits = setting switch
        {
            "requestLine" => new() { RequestLine = 101 },
            "field" => new() { Field = 101 },
            _ => new() { Fields = 101 },
        };
        var (before, after) = setting == "requestLine" ? ("GET /", " HTTP/1.1\r\nHost: a\r\n\r\n") : ("GET / HTTP/1.1\r\nHost: a\r\nX: ", "\r\n\r\n");
        int rest = setting switch { "requestLine" => "GET / HTTP/1.1\r\n".Length, "field" => "X: \r\n".Length, _ => "Host: a\r\nX: \r\n".Length };
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin, new ForwardingConfig(), new UpstreamConfig { Limits = limits });
        using var client = await proxy.ConnectAsync();

        var allowed = await client.ExchangeAsync(before + new string('x', 101 - rest) + after, whole: true);
        var refused = await client.ExchangeAsync(before + new string('x', 102 - rest) + after, whole: true);

        Assert.Equal((200, status), (allowed.StatusCode, refused.StatusCode));
        Assert.Contains($"for {origin.Url} has 102 bytes; this origin is sent at most 101.", refused.Text, StringComparison.Ordinal);
        Assert.Contains($"raise limits.{setting} of this upstream", refused.Text, StringComparison.Ordinal);
        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 502)]
    public async Task ResponseHeadBeyondAnUpstreamsLimit_Is502(int more, int status)
    {
        const int Max = 256;
        const string Start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
        await using var origin = ByteOrigin.Answering(Start + new string('x', Max + more - Start.Length - 4) + "\r\n\r\n");
        await using var proxy = await StartAsync(origin, new ForwardingConfig(), new UpstreamConfig { Limits = new() { ResponseHead = Max } });

        var response = await proxy.GetAsync();

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(status == 502, response.Text.Contains("urn:pipeproxy:http_response_header_section_size", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET", 0)]
    [InlineData("HEAD", 0)]
    [InlineData("POST", 1)]
    public async Task EmptyBodyOfGet_IsNotAnnounced(string method, int expected)
    {
        string head = await HeadAtOriginAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", new ForwardingConfig());

        Assert.Equal(expected, Values(head, "Content-Length").Length);
    }

    [Theory]
    [InlineData("1;abcdefg\r\nx\r\n0\r\n\r\n", 200)]
    [InlineData("1;abcdefgh\r\nx\r\n0\r\n\r\n", 400)]
    [InlineData("1;abcd\r\nx\r\n0;ef\r\n\r\n", 200)]
    [InlineData("1;abcd\r\nx\r\n0;efg\r\n\r\n", 400)]
    [InlineData("1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", 200)]
    [InlineData("1\r\nx\r\n0\r\nA: b\r\nC: de\r\n\r\n", 431)]
    public async Task ChunkedBody_HasTheLimitsOfTheSettings(string body, int status)
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadThroughAsync("\r\n0\r\n");
            await connection.WriteAsync(Ok);
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url, configure: static config => config with { Limits = config.Limits with { ChunkExtensions = 8, Trailers = 12 } });
        using var client = await proxy.ConnectAsync();

        Assert.Equal(status, (await client.ExchangeAsync($"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")).StatusCode);
    }

    [Theory]
    [InlineData(2, 200)]
    [InlineData(3, 502)]
    public async Task InterimResponses_HaveTheLimitOfTheSettings(int interim, int status)
    {
        await using var origin = ByteOrigin.Answering(string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", interim)) + Ok);
        await using var proxy = await TestProxy.StartAsync(origin.Url, configure: static config => config with { Limits = config.Limits with { InterimResponses = 2 } });
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(103, (await client.ReadResponseAsync()).StatusCode);
        }

        var response = await client.ReadResponseAsync();
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(status == 502, response.Text.Contains("limits.interimResponses", StringComparison.Ordinal));
    }

    private static Task<TestProxy> StartAsync(ByteOrigin origin, ForwardingConfig forwarding, UpstreamConfig upstream, TestBuffers buffers = TestBuffers.Normal)
        => TestProxy.StartAsync(origin.Url, buffers, configure: config => config with
        {
            Forwarding = forwarding,
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin.Url] = upstream },
        });

    private static async Task<string> HeadAtOriginAsync(string request, ForwardingConfig forwarding, UpstreamConfig? upstream = null, TestBuffers buffers = TestBuffers.Normal)
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin, forwarding, upstream ?? new UpstreamConfig(), buffers);
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
