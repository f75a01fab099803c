using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A route whose handler is not there answers 501 and keeps its place: no later route takes its requests.</summary>
public sealed class UnsupportedRouteTests
{
    public static TheoryData<RouteHandlerConfig, string> Handlers => new()
    {
        { new RouteHandlerConfig.Unsupported("websocketHandler"), "websocketHandler" },
        { new RouteHandlerConfig.Function("hello"), "hello" },
    };

    [Theory]
    [MemberData(nameof(Handlers))]
    public async Task HandlerIsNotThere_Answers501AndSaysWhich(RouteHandlerConfig handler, string what)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, handler, ErrorDetail.Full);
        using var client = await proxy.ConnectAsync();

        var refused = await client.ExchangeAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        var forwarded = await client.ExchangeAsync("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal((501, 200), (refused.StatusCode, forwarded.StatusCode));
        Assert.Contains("Proxy-Status: pipeproxy; error=proxy_configuration_error", refused.Text, StringComparison.Ordinal);
        Assert.Contains($", {what}, is not", refused.Text, StringComparison.Ordinal);
        Assert.Contains("\"type\": \"urn:pipeproxy:proxy_configuration_error\"", refused.Text, StringComparison.Ordinal);
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task GenericDetail_DoesNotBlameTheOrigin()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, new RouteHandlerConfig.Unsupported("websocketHandler"), ErrorDetail.Generic);

        var refused = await proxy.GetAsync("/a");

        Assert.Equal(501, refused.StatusCode);
        Assert.Contains("The proxy could not serve this request.", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("websocketHandler", refused.Text, StringComparison.Ordinal);
    }

    private static Task<TestProxy> StartAsync(ByteOrigin origin, RouteHandlerConfig handler, ErrorDetail detail) => TestProxy.StartAsync(
        TestProxy.Config(new RouteConfig { Path = "/a", Name = "a", Handler = handler }, TestProxy.Route("/{*rest}", origin.Url)) with { ErrorDetail = detail },
        []);
}
