using System.Text;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Every request of the table of wire vectors meets its verdict in a live proxy, however its bytes arrive.</summary>
public sealed class FramingRefusalTests(VectorOrigin origin) : IClassFixture<VectorOrigin>
{
    private const string Next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

    public static MatrixTheoryData<string, bool, TestBuffers> Refused { get; } = new(
        Http1Vectors.Requests.Where(static vector => !vector.IsAccepted && !VectorOrigin.IsFaultOfTheBody(vector)).Select(static vector => vector.Name), [true, false], Enum.GetValues<TestBuffers>());

    public static MatrixTheoryData<string, bool, TestBuffers> Accepted { get; } = new(
        Http1Vectors.Requests.Where(static vector => vector.IsAccepted).Select(static vector => vector.Name), [true, false], Enum.GetValues<TestBuffers>());

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task RefusedRequest_IsAnsweredClosedAndUnseenByTheOrigin(string name, bool whole, TestBuffers buffers)
    {
        var vector = Http1Vectors.Named(name);
        var (heads, messages) = (origin.Heads, origin.Messages);
        await AssertRefusedAsync(origin.ProxyWith(buffers), vector, whole);

        // What the origin has seen is this one request, and nothing of the one before.
        Assert.Equal(200, (await origin.ProxyWith(buffers).GetAsync("/after")).StatusCode);
        Assert.Equal((heads + 1, messages + 1), (origin.Heads, origin.Messages));
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task AcceptedRequest_ReachesTheOriginAndSoDoesTheNext(string name, bool whole, TestBuffers buffers)
    {
        var vector = Http1Vectors.Named(name);
        var messages = origin.Messages;
        var isOld = vector.Wire.Contains(" HTTP/1.0\r\n", StringComparison.Ordinal);
        using var client = await origin.ProxyWith(buffers).ConnectAsync();
        await VectorOrigin.SendAsync(client, vector.Wire + Next, whole);

        var response = await client.ReadResponseAsync();

        // OPTIONS on the server as a whole names no path that a route could take; the connection stays in step all the same.
        var isForNoRoute = vector.Wire.StartsWith("OPTIONS ", StringComparison.Ordinal);
        Assert.Equal(isForNoRoute ? 404 : 200, response.StatusCode);
        Assert.Equal(isForNoRoute ? "" : vector.Body, isForNoRoute ? "" : Encoding.Latin1.GetString(response.Body));
        if (isOld)
        {
            // The next request is sent all the same. What of it comes behind the close is answered by a reset (RFC 9112 section 9.6).
            Assert.Equal("close", response["Connection"]);
            Assert.Contains((await client.ReadToEndAsync()).End, new[] { ConnectionEnd.Fin, ConnectionEnd.Reset });
        }
        else
        {
            var next = await client.ReadResponseAsync();
            Assert.Equal((200, "/next".Length.ToString(System.Globalization.CultureInfo.InvariantCulture)), (next.StatusCode, next["X-Target-Length"]));
        }

        Assert.Equal(messages + (isOld || isForNoRoute ? 1 : 2), origin.Messages);
    }

    internal static async Task AssertRefusedAsync(TestProxy proxy, Http1Vector vector, bool whole)
    {
        // A whole next request stands behind it: were it served, the connection would be out of step.
        using var client = await proxy.ConnectAsync();
        await VectorOrigin.SendAsync(client, vector.Wire + Next, whole);

        var response = await client.ReadResponseAsync();
        var rest = await client.ReadToEndAsync();

        Assert.Equal(Http1Rejections.StatusOf(Http1Rejections.ClassOf(vector.Expect)), response.StatusCode);
        Assert.Equal("close", response["Connection"]);

        // RFC 9209 section 2.3: http_request_error stands for a 4xx alone.
        Assert.StartsWith($"pipeproxy; error={(response.StatusCode < 500 ? "http_request_error" : "proxy_internal_response")};", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains("\"next\": \"", response.Text, StringComparison.Ordinal);
        Assert.Equal(("", ConnectionEnd.Fin), (rest.Text, rest.End));
    }
}
