using System.Net;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>What <c>preset: "aws-alb"</c> promises, at its edges: what an ALB would refuse never reaches it, and no request meets a connection that it is about to close.</summary>
public sealed class AwsAlbPresetTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const int RequestLineBytes = 16 * 1024;
    private const int FieldBytes = 16 * 1024;
    private const int FieldsBytes = 64 * 1024;
    private const int ResponseHeadBytes = 32 * 1024;

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 414)]
    public async Task RequestLine(int beyond, int status)
    {
        string path = "/" + new string('p', RequestLineBytes + beyond - "GET / HTTP/1.1\r\n".Length);

        Assert.Equal(status, await StatusAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 431)]
    public async Task OneField(int beyond, int status)
        => Assert.Equal(status, await StatusAsync($"GET / HTTP/1.1\r\nHost: a\r\nX-A: {new string('f', FieldBytes + beyond - "X-A: \r\n".Length)}\r\n\r\n"));

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 431)]
    public async Task AllFields(int beyond, int status)
    {
        const int Each = 8 * 1024;
        string fields = string.Concat(Enumerable.Range(0, 7).Select(static i => $"X-{i}: {new string('f', Each - "X-0: \r\n".Length)}\r\n"));
        string last = "X-L: " + new string('f', FieldsBytes + beyond - fields.Length - "Host: a\r\n".Length - "X-L: \r\n".Length) + "\r\n";

        Assert.Equal(status, await StatusAsync($"GET / HTTP/1.1\r\nHost: a\r\n{fields}{last}\r\n"));
    }

    [Theory]
    [InlineData(0, 200)]
    [InlineData(1, 502)]
    public async Task ResponseHead(int beyond, int status)
    {
        const string Start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
        string half = $"X-1: {new string('r', 15_000)}\r\n";
        string rest = "X-2: " + new string('r', ResponseHeadBytes + beyond - Start.Length - half.Length - "X-2: \r\n\r\n".Length) + "\r\n";

        Assert.Equal(status, await StatusAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", $"{Start}{half}{rest}\r\n"));
    }

    [Fact]
    public async Task ForwardedFor_HasThirtyAddressesAtMost_TheOldestDropped()
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin.Url, forwarding: new ForwardingConfig { TrustedHops = [IPNetwork.Parse("127.0.0.0/8")] });
        using var client = await proxy.ConnectAsync();

        await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {string.Join(", ", Enumerable.Range(1, 40).Select(static i => $"10.0.0.{i}"))}\r\n\r\n", whole: true);

        string sent = origin.Connections[0].Received;
        string[] addresses = sent.Split("X-Forwarded-For: ")[1].Split("\r\n")[0].Split(", ");
        Assert.Equal((30, "10.0.0.12", "127.0.0.1"), (addresses.Length, addresses[0], addresses[^1]));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "Content-Length: 0\r\n")]
    [InlineData("HEAD", "Content-Length: 0\r\n")]
    [InlineData("DELETE", "")]
    public async Task RequestWithoutABody_AnnouncesNone(string method, string field)
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();

        Assert.Equal(200, (await client.ExchangeAsync($"{method} / HTTP/1.1\r\nHost: a\r\n{field}\r\n", whole: true)).StatusCode);

        Assert.DoesNotContain("content-length", origin.Connections[0].Received, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("GET", false, 400)]
    [InlineData("HEAD", false, 400)]
    [InlineData("GET", true, 200)]
    public async Task GetWithABody_IsRefusedUnlessTheRouteAllowsIt(string method, bool allowed, int status)
    {
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin.Url, route: route => route with { AllowGetBody = allowed });
        using var client = await proxy.ConnectAsync();

        Assert.Equal(status, (await client.ExchangeAsync($"{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", whole: true)).StatusCode);
        Assert.Equal(allowed ? 1 : 0, origin.Connections.Count);
    }

    [Fact]
    public async Task OriginThatAsksForNoCertificate_Is522AndGetsNoByte()
    {
        await using var origin = ByteOrigin.Answering(Ok, new ByteOriginTls { RequestClientCertificate = false });
        await using var proxy = await StartAsync(origin.Url, TestCertificates.Client);

        var response = await proxy.GetAsync();

        Assert.Equal(522, response.StatusCode);
        Assert.Contains("error=proxy_configuration_error", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.All(origin.Connections, static connection => Assert.Equal("", connection.Received));
    }

    [Fact]
    public async Task IdleConnection_ClosesBeforeTheAlbDoes()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin.Url, time: time);
        Assert.Equal(200, (await proxy.GetAsync()).StatusCode);
        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Idle: 1 }]);

        time.Advance(TimeSpan.FromSeconds(54));
        Assert.Equal(200, (await proxy.GetAsync()).StatusCode);
        Assert.Single(origin.Connections);
        time.Advance(TimeSpan.FromSeconds(55.2));

        await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Idle: 0 }]);
    }

    [Fact]
    public async Task ConnectionThatIsAlwaysInUse_IsRenewedWithinTheHour()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using var origin = ByteOrigin.Answering(Ok);
        await using var proxy = await StartAsync(origin.Url, time: time);
        for (int minute = 0; minute < 60; minute++)
        {
            for (int half = 0; half < 2; half++)
            {
                Assert.Equal(200, (await proxy.GetAsync()).StatusCode);
                await Until.HoldsAsync(() => proxy.Proxy.Pools is [{ Busy: 0, Draining: 0 }]);
                time.Advance(TimeSpan.FromSeconds(30));
            }
        }

        Assert.Equal(2, origin.Connections.Count);
        Assert.InRange(origin.Connections[0].Received.Split("GET / HTTP/1.1").Length - 1, 90, 101);
    }

    private static async Task<int> StatusAsync(string request, string answer = Ok)
    {
        await using var origin = ByteOrigin.Answering(answer);
        await using var proxy = await StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync(request, whole: true);

        // What is refused because of its size never reaches the origin.
        Assert.Equal(response.StatusCode is 200 or 502 ? 1 : 0, origin.Connections.Count);
        return response.StatusCode;
    }

    // The proxy's own limits lie above: those of the preset decide.
    private static Task<TestProxy> StartAsync(string origin, TestCertificate? certificate = null, TimeProvider? time = null, ForwardingConfig? forwarding = null, Func<RouteConfig, RouteConfig>? route = null)
        => TestProxy.StartAsync(origin, certificate: certificate, loops: 1, time: time, configure: config => config with
        {
            Upstreams = new Dictionary<string, UpstreamConfig> { [origin] = UpstreamConfig.AwsAlb },
            Limits = new LimitConfig { RequestLine = 32 * 1024, Uri = 32 * 1024, Field = 32 * 1024, Fields = 128 * 1024 },
            Forwarding = forwarding ?? new ForwardingConfig(),
            Routes = route is null ? config.Routes : [.. config.Routes.Select(route)],
        });
}
