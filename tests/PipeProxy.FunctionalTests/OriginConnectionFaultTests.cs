using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>An origin that cannot be reached, or is not whom it should be, is named as such and gets no request byte.</summary>
public sealed class OriginConnectionFaultTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    public static MatrixTheoryData<string, TlsVersions> WrongServers { get; } = new(["wrong-host", "expired", "unknown-authority", "client-usage"], [TlsVersions.Tls12, TlsVersions.Tls13]);

    [Theory]
    [MemberData(nameof(WrongServers))]
    public async Task WrongOriginCertificate_Is522AndTheOriginSeesNoRequestByte(string kind, TlsVersions versions)
    {
        var certificate = kind switch
        {
            "wrong-host" => TestCertificates.WrongHostServer,
            "expired" => TestCertificates.ExpiredServer,
            "client-usage" => TestCertificates.Alice,
            _ => TestCertificates.OtherRootServer,
        };
        var protocols = versions == TlsVersions.Tls12 ? System.Security.Authentication.SslProtocols.Tls12 : System.Security.Authentication.SslProtocols.Tls13;
        await using var origin = ByteOrigin.Answering(Ok, new ByteOriginTls { Certificate = certificate, Protocols = protocols });
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.Client);

        var response = await PostAsync(proxy);

        AssertFailure(response, "tls_certificate_error");
        Assert.Equal("", (await origin.WaitForConnectionAsync()).Received);
        Assert.Single(origin.Connections);
    }

    [Theory]
    [InlineData(OriginKind.Nginx)]
    [InlineData(OriginKind.Haproxy)]
    [InlineData(OriginKind.Simulator)]
    public async Task WrongOriginCertificate_OfARealServer_Is522(OriginKind kind)
    {
        await using var origin = await VerifyingOrigin.StartAsync(kind, TlsVersions.Both, TestCertificates.ExpiredServer);
        await using var proxy = await TestProxy.StartAsync(origin.Url, certificate: TestCertificates.Client);

        AssertFailure(await PostAsync(proxy), "tls_certificate_error");
    }

    [Fact]
    public async Task PlainHttpOrigin_Is522WithTheCause()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.ReadExactlyAsync(1);
            await connection.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            await connection.ReadToEndAsync();
        });
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{origin.Port}", certificate: TestCertificates.Client);

        var response = await PostAsync(proxy);

        AssertFailure(response, "tls_protocol_error");
        Assert.Contains("plain HTTP", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClosedPort_Is522()
    {
        using ClosedPort closed = new();
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{closed.Port}", certificate: TestCertificates.Client);

        AssertFailure(await PostAsync(proxy), "connection_refused");
    }

    [Fact]
    public async Task NameWithoutAddress_Is522()
    {
        await using var proxy = await TestProxy.StartAsync("https://no-such-host.invalid", certificate: TestCertificates.Client);

        var response = await PostAsync(proxy);

        Assert.Equal(522, response.StatusCode);
        Assert.Matches("error=dns_(error|timeout)", response["Proxy-Status"]);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task OriginThatAcceptsAndGoes_Is522(bool tls, bool reset)
    {
        await using var origin = ByteOrigin.Start(connection =>
        {
            if (reset)
            {
                connection.Reset();
            }

            return Task.CompletedTask;
        });
        await using var proxy = await TestProxy.StartAsync($"{(tls ? "https" : "http")}://localhost:{origin.Port}", certificate: tls ? TestCertificates.Client : null);

        AssertFailure(await PostAsync(proxy), "connection_terminated");
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task OriginThatStallsInTheHandshake_Is522AfterTheHandshakeTimeout()
    {
        await using var origin = ByteOrigin.Start(static connection => connection.StallAsync());
        await using var proxy = await TestProxy.StartAsync(
            $"https://localhost:{origin.Port}",
            certificate: TestCertificates.Client,
            configure: static config => config with { Timeouts = config.Timeouts with { Handshake = TimeSpan.FromMilliseconds(300) } });

        var response = await PostAsync(proxy);

        AssertFailure(response, "connection_timeout");
        Assert.Contains("handshake", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailedOriginConnection_LeavesTheClientsConnectionUsable()
    {
        using ClosedPort closed = new();
        await using var proxy = await TestProxy.StartAsync($"https://localhost:{closed.Port}", certificate: TestCertificates.Client);
        using var client = await proxy.ConnectAsync();

        for (int i = 0; i < 3; i++)
        {
            AssertFailure(await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "connection_refused");
        }
    }

    private static async Task<RawResponse> PostAsync(TestProxy proxy)
    {
        using var client = await proxy.ConnectAsync();
        return await client.ExchangeAsync("POST /secret HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nsecret", whole: true);
    }

    private static void AssertFailure(RawResponse response, string error)
    {
        Assert.Equal((522, "Origin Connection Failed"), (response.StatusCode, response.Reason));
        Assert.Contains($"pipeproxy; error={error}", response["Proxy-Status"], StringComparison.Ordinal);
        Assert.Contains($"\"urn:pipeproxy:{error}\"", response.Text, StringComparison.Ordinal);
    }
}
