using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Only a route's CORS policy lets pages of other sites read answers; what the origin says of it never passes.</summary>
public sealed class CorsTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\naccess-control-allow-credentials: true\r\nVary: Accept\r\nContent-Length: 0\r\n\r\n";

    private static readonly CorsPolicyConfig Mine = new("mine")
    {
        AllowedOrigins = ["https://app.example", "https://b.example:8443"],
        AllowedMethods = ["PUT"],
        AllowedHeaders = ["x-a", "content-type"],
        ExposeHeaders = ["etag"],
        MaxAge = TimeSpan.FromMinutes(10),
        AllowCredentials = true,
    };

    [Theory]
    [InlineData("none", "https://app.example", null)]
    [InlineData("mine", "https://app.example", "https://app.example")]
    [InlineData("mine", "https://b.example:8443", "https://b.example:8443")]
    [InlineData("mine", "https://b.example", null)]
    [InlineData("mine", "https://app.example.evil.example", null)]
    [InlineData("mine", "HTTPS://APP.EXAMPLE", null)]
    [InlineData("mine", "null", null)]
    [InlineData("mine", "", null)]
    [InlineData("anything-goes", "https://x.example", "https://x.example")]
    public async Task Answer_IsReadableByWhomThePolicyNames(string policy, string origin, string? allowed)
    {
        await using var server = ByteOrigin.Answering(Answer);
        await using var proxy = await StartAsync(server, policy);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\n\r\n");

        Assert.Equal((200, allowed, allowed is null ? null : "true"), (response.StatusCode, response["Access-Control-Allow-Origin"], response["Access-Control-Allow-Credentials"]));
        Assert.Equal(policy == "none" ? ["Accept"] : ["Accept", "Origin"], response.Values("Vary"));
        Assert.Equal((policy, allowed is not null) switch { ("mine", true) => "etag", (_, true) => "*", _ => null }, response["Access-Control-Expose-Headers"]);
    }

    [Fact]
    public async Task Preflight_IsAnsweredHere()
    {
        await using var server = ByteOrigin.Answering(Answer);
        await using var proxy = await StartAsync(server, "mine");
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a\r\n\r\n");

        Assert.Equal((204, "https://app.example", "PUT", "x-a, content-type", "600", "true"), (
            response.StatusCode,
            response["Access-Control-Allow-Origin"],
            response["Access-Control-Allow-Methods"],
            response["Access-Control-Allow-Headers"],
            response["Access-Control-Max-Age"],
            response["Access-Control-Allow-Credentials"]));
        Assert.Empty(server.Connections);
    }

    [Theory]
    [InlineData("none", "https://app.example", "GET")]
    [InlineData("mine", "https://evil.example", "PUT")]
    [InlineData("mine", "https://app.example", "DELETE")]
    public async Task PreflightThatIsNotAllowed_Is404AndReachesNoOrigin(string policy, string origin, string method)
    {
        await using var server = ByteOrigin.Answering(Answer);
        await using var proxy = await StartAsync(server, policy);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync($"OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: {method}\r\n\r\n");

        Assert.Equal((404, null), (response.StatusCode, response["Access-Control-Allow-Origin"]));
        Assert.Empty(server.Connections);
    }

    [Theory]
    [InlineData(301, "/old/a%20b?q=1", "https://new.example/a%20b")]
    [InlineData(308, "/old/%2Fevil", "https://new.example/%2Fevil")]
    public async Task Redirect_IsAnsweredHere(int status, string path, string location)
    {
        await using var server = ByteOrigin.Answering(Answer);
        await using var proxy = await TestProxy.StartAsync(
            TestProxy.Config(new RouteConfig { Name = "old", Path = "/old/{id}", Methods = ["GET"], Handler = new RouteHandlerConfig.Redirect("https://new.example/${params.id}", status) }) with { CorsPolicies = [Mine] },
            []);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal((status, location, "0"), (response.StatusCode, response["Location"], response["Content-Length"]));
        Assert.Equal(status, (await client.ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).StatusCode);
    }

    // GET and PUT only, so that OPTIONS has no route of its own.
    private static Task<TestProxy> StartAsync(ByteOrigin origin, string policy) => TestProxy.StartAsync(
        origin.Url,
        configure: config => config with
        {
            CorsPolicies = [Mine],
            Routes = [config.Routes[0] with { Methods = ["GET", "PUT"], CorsPolicy = policy }],
        });
}
