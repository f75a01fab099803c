using System.Net;
using System.Security.Cryptography;
using AlbSimulator;

namespace PipeProxy.Tests.Tools;

/// <summary>The HTTP side of the simulated load balancer and its target.</summary>
public sealed class LoadBalancerHttpTests(LoadBalancerFixture fixture) : IClassFixture<LoadBalancerFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_IsMeasuredAndHashed(bool chunked)
    {
        byte[] body = RandomNumberGenerator.GetBytes(100_000);
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        using var http = fixture.NewHttpClient(loadBalancer, fixture.Client);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/upload") { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;

        using var answer = await http.SendAsync(request);

        var echo = await LoadBalancerFixture.EchoOf(answer);
        Assert.Equal(body.Length, echo.GetProperty("bodyLength").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), echo.GetProperty("bodySha256").GetString());
        Assert.True(loadBalancer.RequestBytesSeen > body.Length);
    }

    [Theory]
    [InlineData("/status/403", 403)]
    [InlineData("/status/204", 204)]
    [InlineData("/status/503", 503)]
    public async Task StatusPath_AnswersWithThatStatus(string path, int status)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        using var http = fixture.NewHttpClient(loadBalancer, fixture.Client);

        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("/bytes/100000", 100_000)]
    [InlineData("/chunked/100000", 100_000)]
    [InlineData("/bytes/0", 0)]
    [InlineData("/chunked/0", 0)]
    public async Task LengthPath_AnswersWithThatManyBytes(string path, int length)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        using var http = fixture.NewHttpClient(loadBalancer, fixture.Client);

        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(length, (await answer.Content.ReadAsByteArrayAsync()).Length);
        Assert.Equal(path.StartsWith("/chunked", StringComparison.Ordinal), answer.Headers.TransferEncodingChunked ?? false);
    }

    [Fact]
    public async Task KeepAlive_ServesManyRequestsAndHeadHasNoBody()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        using var http = fixture.NewHttpClient(loadBalancer, fixture.Client);

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Post, HttpMethod.Head, HttpMethod.Get })
        {
            using var request = new HttpRequestMessage(method, "/");
            using var answer = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(1, loadBalancer.Connections);
        Assert.Equal(5, loadBalancer.Requests);
        Assert.Equal([1, 2, 3, 4, 5], loadBalancer.RequestsSeen.Select(request => request.RequestNumber));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", "400")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501")]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", "400")]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505")]
    public async Task AmbiguousRequest_IsRefusedAndTheConnectionEnds(string request, string status)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, fixture.Client);
        await client.WriteAsync(request);

        string answer = await client.ReadToEndAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PipelinedRequests_AreAnsweredInOrder()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, fixture.Client);
        await client.WriteAsync("GET /status/201 HTTP/1.1\r\nHost: a\r\n\r\nGET /status/202 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        string answers = await client.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 201 ", answers, StringComparison.Ordinal);
        Assert.True(answers.IndexOf("HTTP/1.1 202 ", StringComparison.Ordinal) > 0);
    }

    [Fact]
    public async Task IdleConnection_IsClosedWithoutAnAnswer()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { Idle = TimeSpan.FromMilliseconds(20) });
        await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, fixture.Client);

        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task OldConnection_IsClosedAfterItsNextAnswer()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { MaxAge = TimeSpan.Zero });
        await using var client = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, fixture.Client);
        await client.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Contains("Connection: close\r\n", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }
}
