using System.Text;
using PipeProxy.Configuration;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>An answer that is not valid HTTP never reaches the client as if it were.</summary>
public sealed class ResponseFaultTests
{
    private const string ChunkFault = "chunk size of a response malformed";

    public static MatrixTheoryData<string, TestBuffers> Refused { get; } = new(
        Http1Vectors.Responses.Where(static vector => !vector.IsAccepted && vector.Name != ChunkFault).Select(static vector => vector.Name), Enum.GetValues<TestBuffers>());

    public static MatrixTheoryData<string, TestBuffers> Accepted { get; } = new(
        Http1Vectors.Responses.Where(static vector => vector.IsAccepted && vector.Name is not ("100" or "101" or "103 with a Content-Length")).Select(static vector => vector.Name), Enum.GetValues<TestBuffers>());

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task MalformedHead_Is502AndTheConnectionIsDropped(string name, TestBuffers buffers)
    {
        var vector = Http1Vectors.Named(name);
        await using var origin = Sending(vector.Bytes);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);

        var tooLarge = Http1Rejections.ClassOf(vector.Expect) is RejectionClass.FieldsTooLarge or RejectionClass.RequestLineTooLong;
        Assert.Equal((502, "Bad Gateway"), (response.StatusCode, response.Reason));
        Assert.Contains(tooLarge ? "error=http_response_header_section_size" : "error=http_protocol_error", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains("\"next\": \"", response.Text, StringComparison.Ordinal);
        Assert.Contains(tooLarge ? "over the limit" : Http1Rejections.Describe(vector.Expect), response.Text, StringComparison.Ordinal);

        // The client's connection is in step; the origin's is not used again.
        Assert.Equal(502, (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true)).StatusCode);
        Assert.Equal(2, origin.Connections.Count);
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task SoundAnswer_PassesThrough(string name, TestBuffers buffers)
    {
        var vector = Http1Vectors.Named(name);
        await using var origin = Sending(vector.Bytes);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync($"{(vector.RequestMethod == HttpMethodKind.Head ? "HEAD" : "GET")} / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);

        Assert.Equal(vector.Wire.Substring("HTTP/1.1 ".Length, 3), $"{response.StatusCode}");
        Assert.Equal(vector.Body, Encoding.Latin1.GetString(response.Body));
        Assert.Null(response["Proxy-Status"]);
    }

    [Theory]
    [InlineData(TestBuffers.Normal)]
    [InlineData(TestBuffers.Tiny)]
    public async Task ChunkThatIsNone_ResetsTheClient(TestBuffers buffers)
    {
        await using var origin = Sending(Http1Vectors.Named(ChunkFault).Bytes);
        await using var proxy = await TestProxy.StartAsync(origin.Url, buffers);
        using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(ConnectionEnd.Reset, (await client.ReadToEndAsync()).End);
    }

    [Fact]
    public async Task SwitchOfProtocolsThatNobodyAskedFor_Is502()
    {
        await using var origin = Sending(Http1Vectors.Named("101").Bytes);
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();

        Assert.Equal(502, (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).StatusCode);
    }

    [Theory]
    [InlineData(8 * 1024 - 64, 200)]
    [InlineData(8 * 1024 + 64, 502)]
    public async Task HeadOverTheLimit_Is502(int size, int status)
    {
        await using var origin = Sending(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nX-Big: {new string('b', size - 64)}\r\nContent-Length: 0\r\n\r\n"));
        await using var proxy = await TestProxy.StartAsync(origin.Url, configure: static config => config with { Limits = new LimitConfig { ResponseHead = 8 * 1024 } });

        Assert.Equal(status, (await proxy.GetAsync()).StatusCode);
    }

    [Fact]
    public async Task HeadWithoutEnd_Is502AtTheLimit()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync("HTTP/1.1 200 OK\r\n");
            string line = $"X-More: {new string('m', 1000)}\r\n";
            while (true)
            {
                await connection.WriteAsync(line);
            }
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url);

        var response = await proxy.GetAsync();

        Assert.Equal(502, response.StatusCode);
        Assert.Contains("error=http_response_header_section_size", response["Proxy-Status"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    [InlineData("H")]
    public async Task HeadThatEndsTooEarly_Is502(string start)
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(start);
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = await proxy.ConnectAsync();
        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        if (response.StatusCode == 103)
        {
            response = await client.ReadResponseAsync();
        }

        Assert.Equal(502, response.StatusCode);
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task BytesBehindAWholeAnswer_AreNotTheNextAnswer()
    {
        await using var origin = Sending("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"u8.ToArray());
        await using var proxy = await TestProxy.StartAsync(origin.Url, loops: 1);
        using var client = await proxy.ConnectAsync();
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal("ok", (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true)).Text);
        }

        Assert.Equal(4, origin.Connections.Count);
    }

    // Sends these bytes to each first request and ends the connection in order.
    private static ByteOrigin Sending(byte[] response) => ByteOrigin.Start(async connection =>
    {
        await connection.ReadHeadAsync();
        await connection.WriteAsync(response);
    });
}
