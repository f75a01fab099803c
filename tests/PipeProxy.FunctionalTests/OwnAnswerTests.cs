using System.Globalization;
using System.Text.Json;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>What the proxy answers itself says what to do, is counted as any other answer, and is dated by the proxy's own clock.</summary>
public sealed class OwnAnswerTests
{
    private const string NoRoute = "/nowhere";

    [Theory]
    [InlineData("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "Content-Length")]
    [InlineData("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "HTTP/1.1")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "--http1.1")]
    [InlineData("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "dot segments")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400, "Host")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n", 400, "detail")]
    [InlineData("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404, "routes file")]
    public async Task Refusal_SaysWhatToDoNext(string request, int status, string next)
    {
        await using var proxy = await StartAsync("http://localhost:1");
        using var client = await proxy.ConnectAsync();

        var response = await client.ExchangeAsync(request, whole: true);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(next, NextOf(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nBad Name: b\r\n\r\n", "White space stands in a field name or between name and colon (RFC 9112 section 5.1).")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "There is more than one Content-Length (RFC 9112 section 6.3).")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n", "101 (Switching Protocols)")]
    [InlineData("HTTP/1.1 20", "closed the connection within its response head")]
    public async Task AnswerThatIsNotValid_SaysWhichRuleAndHowToSeeIt(string answer, string rule)
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(answer);
        });
        await using var proxy = await StartAsync(origin.Url);

        var response = await proxy.GetAsync();

        Assert.Equal(502, response.StatusCode);
        Assert.Contains(rule, MemberOf(response, "detail"), StringComparison.Ordinal);
        Assert.Contains("curl -v --http1.1", NextOf(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GenericDetail_SaysWhomToAsk()
    {
        using ClosedPort closed = new();
        await using var proxy = await StartAsync($"http://localhost:{closed.Port}", static config => config with { ErrorDetail = ErrorDetail.Generic });

        var response = await proxy.GetAsync();

        Assert.Equal(522, response.StatusCode);
        Assert.Equal("Give the request id to whoever runs this proxy: its log says why.", NextOf(response));
        Assert.DoesNotContain("refused the connection", response.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AccessLogFormat.Json)]
    [InlineData(AccessLogFormat.Combined)]
    public async Task AccessLog_CountsTheBodyOfEveryAnswer(AccessLogFormat format)
    {
        using TemporaryDirectory folder = new();
        var file = folder.Combine("access.log");
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        List<(int Status, long Body)> sent = [];
        await using (var proxy = await StartAsync(origin.Url, config => config with { AccessLog = new AccessLogConfig(file, format) }))
        {
            using (var client = await proxy.ConnectAsync())
            {
                foreach (var request in new[]
                {
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                    $"GET {NoRoute} HTTP/1.1\r\nHost: a\r\n\r\n",
                    $"HEAD {NoRoute} HTTP/1.1\r\nHost: a\r\n\r\n",
                    "GET /moved HTTP/1.1\r\nHost: a\r\n\r\n",
                    "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n\r\n",
                    "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n",
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                    "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
                })
                {
                    var response = await client.ExchangeAsync(request, whole: true);
                    sent.Add((response.StatusCode, response.Body.Length));
                }
            }

            // A head that ends before its request line does has nothing that the log could name.
            using (var client = await proxy.ConnectAsync())
            {
                var response = await client.ExchangeAsync("\r\n\0", whole: true);
                sent.Add((response.StatusCode, response.Body.Length));
            }
        }

        Assert.Equal([200, 404, 404, 302, 204, 200, 200, 405, 400], sent.Select(static answer => answer.Status));
        Assert.Equal([true, true, false, false, false, false, true, true, true], sent.Select(static answer => answer.Body > 0));
        Assert.Equal(sent, File.ReadLines(file).Select(line => StatusAndBytesOf(line, format)));
    }

    [Fact]
    public async Task Date_IsThatOfTheProxysClock()
    {
        await using var proxy = await StartAsync("http://localhost:1", time: new TestProxyClock(TimeSpan.FromDays(1000)));

        var response = await proxy.GetAsync(NoRoute);

        var date = DateTimeOffset.ParseExact(response["Date"]!, "R", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange((date - DateTimeOffset.UtcNow).TotalDays, 999, 1001);
    }

    private static string NextOf(RawResponse response) => MemberOf(response, "next");

    private static string MemberOf(RawResponse response, string name)
    {
        using var problem = JsonDocument.Parse(response.Body);
        Assert.True(problem.RootElement.TryGetProperty(name, out var member), $"No '{name}' in {response.Text}");
        return member.GetString()!;
    }

    // Combined: address, two dashes, the time in two words, the request in three or one, status, bytes.
    private static (int Status, long Bytes) StatusAndBytesOf(string line, AccessLogFormat format)
    {
        if (format == AccessLogFormat.Combined)
        {
            var words = line.Split("\" ")[1].Split(' ');
            return (int.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
        }

        using var entry = JsonDocument.Parse(line);
        return (entry.RootElement.GetProperty("status").GetInt32(), entry.RootElement.GetProperty("responseBytes").GetInt64());
    }

    private static Task<TestProxy> StartAsync(string origin, Func<ProxyConfig, ProxyConfig>? configure = null, TimeProvider? time = null)
    {
        var config = TestProxy.Config(
            new RouteConfig { Name = "moved", Path = "/moved", Handler = new RouteHandlerConfig.Redirect("https://a.example/") },
            TestProxy.Route("/", origin) with { Methods = ["GET", "POST"], CorsPolicy = "anything-goes" });
        return TestProxy.StartAsync(configure is null ? config : configure(config), [], loops: 1, time: time);
    }
}
