using System.Net;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The PROXY protocol is believed from the addresses that the configuration names, demanded of them, and of nobody else.</summary>
public sealed class ProxyProtocolTests
{
    private const string V1 = "PROXY TCP4 192.0.2.7 10.0.0.1 51234 443\r\n";
    private const string V2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\x02\x07\x0A\0\0\x01\xC8\x22\x01\xBB";
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Theory]
    [InlineData(V1, "192.0.2.7", false)]
    [InlineData(V1, "192.0.2.7", true)]
    [InlineData(V2, "192.0.2.7", false)]
    [InlineData(V2, "192.0.2.7", true)]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", "2001:db8::7", false)]
    [InlineData("PROXY UNKNOWN\r\n", "127.0.0.1", false)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "127.0.0.1", true)]
    public async Task TrustedAddress_NamesTheClient(string header, string client, bool whole)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, "127.0.0.0/8");
        using var connection = await proxy.ConnectAsync();

        await connection.SendAsync(header + Request, whole);

        Assert.Equal(200, (await connection.ReadResponseAsync()).StatusCode);
        Assert.Contains($"\r\nX-Forwarded-For: {client}\r\n", Assert.Single(origin.Connections).Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(V1)]
    [InlineData(V2)]
    public async Task Tls_FollowsTheHeader(string header)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, "127.0.0.1", tls: true);
        using System.Net.Sockets.Socket socket = new(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, proxy.Port);
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(header));
        await using System.Net.Security.SslStream stream = new(new System.Net.Sockets.NetworkStream(socket), false, static (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync("localhost");
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(Request));

        Assert.Equal("HTTP/1.1 200 OK", await new StreamReader(stream).ReadLineAsync());
        Assert.Contains("\r\nX-Forwarded-For: 192.0.2.7\r\n", Assert.Single(origin.Connections).Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Request)]
    [InlineData("PROXY TCP4 192.0.2.7 10.0.0.1 51234 443 \r\n" + Request)]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0" + Request)]
    public async Task TrustedAddressWithoutAHeader_IsClosed(string sent)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, "127.0.0.1");
        using var connection = await proxy.ConnectAsync();

        await connection.SendAsync(sent, whole: true);

        Assert.Equal("", (await connection.ReadToEndAsync()).Text);
        Assert.Empty(origin.Connections);
        await proxy.WaitForLogAsync("PROXY protocol header");
    }

    [Fact]
    public async Task SlowHeader_EndsInTime()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, "127.0.0.1", configure: static config => config with { Timeouts = config.Timeouts with { Handshake = TimeSpan.FromMilliseconds(300) } });
        using var connection = await proxy.ConnectAsync();

        await connection.SendAsync("PROXY TCP4 192.0.2.7");

        Assert.Equal(ConnectionEnd.Reset, (await connection.ReadToEndAsync()).End);
    }

    [Theory]
    [InlineData(V1)]
    [InlineData(V2)]
    public async Task OtherAddress_IsNotBelieved(string header)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, "192.0.2.0/24");
        using (var connection = await proxy.ConnectAsync())
        {
            Assert.Equal(400, (await connection.ExchangeAsync(header + Request, whole: true)).StatusCode);
        }

        using var plain = await proxy.ConnectAsync();
        Assert.Equal(200, (await plain.ExchangeAsync(Request)).StatusCode);
        Assert.Contains("\r\nX-Forwarded-For: 127.0.0.1\r\n", Assert.Single(origin.Connections).Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CarriedAddress_IsTheOneThatLimitsCount()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, "127.0.0.1", configure: static config => config with { Limits = config.Limits with { ConnectionsPerClient = 1 } });
        using var first = await proxy.ConnectAsync();
        using var second = await proxy.ConnectAsync();
        using var other = await proxy.ConnectAsync();

        Assert.Equal(200, (await first.ExchangeAsync(V1 + Request)).StatusCode);
        Assert.Equal(503, (await second.ExchangeAsync(V1 + Request)).StatusCode);
        Assert.Equal(200, (await other.ExchangeAsync("PROXY TCP4 192.0.2.8 10.0.0.1 51234 443\r\n" + Request)).StatusCode);
    }

    private static Task<TestProxy> StartAsync(ByteOrigin origin, string from, bool tls = false, Func<ProxyConfig, ProxyConfig>? configure = null) => TestProxy.StartAsync(
        origin.Url,
        configure: config => (configure ?? (static same => same))(config with
        {
            Listeners =
            [
                new ListenerConfig
                {
                    Url = tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0",
                    Certificates = tls ? [new(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath)] : [],
                    ProxyProtocolFrom = [IPNetwork.Parse(from.Contains('/', StringComparison.Ordinal) ? from : from + "/32")],
                },
            ],
        }));
}
