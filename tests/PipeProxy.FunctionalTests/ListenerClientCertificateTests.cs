using System.Security.Authentication;
using PipeProxy.Configuration;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>Clients' certificates: who is served, and what the origin is told (RFC 9440).</summary>
public sealed class ListenerClientCertificateTests
{
    [Theory]
    [InlineData(ClientCertificateMode.Require, "none", SslProtocols.Tls12, "none was presented")]
    [InlineData(ClientCertificateMode.Require, "none", SslProtocols.Tls13, "none was presented")]
    [InlineData(ClientCertificateMode.Require, "unknown", SslProtocols.Tls12, "no root that this listener trusts")]
    [InlineData(ClientCertificateMode.Require, "unknown", SslProtocols.Tls13, "no root that this listener trusts")]
    [InlineData(ClientCertificateMode.Require, "expired", SslProtocols.Tls13, "is valid from")]
    [InlineData(ClientCertificateMode.Require, "usage", SslProtocols.Tls13, "not meant for a client")]
    [InlineData(ClientCertificateMode.Optional, "unknown", SslProtocols.Tls13, "no root that this listener trusts")]
    public async Task UntrustedClient_Is400AndReachesNoOrigin(ClientCertificateMode mode, string which, SslProtocols protocol, string cause)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, mode, ClientCertificateForwarding.Chain);
        using var client = await RawClient.ConnectTlsAsync(proxy.Port, CertificateOf(which), protocols: protocol);

        var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);

        Assert.Equal((400, "close"), (response.StatusCode, response["Connection"]));
        Assert.Contains(cause, response.Text, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.Fin, (await client.ReadToEndAsync()).End);
        Assert.Empty(origin.Connections);
    }

    [Theory]
    [InlineData(ClientCertificateMode.Require, ClientCertificateForwarding.Certificate, "client", SslProtocols.Tls12)]
    [InlineData(ClientCertificateMode.Require, ClientCertificateForwarding.Chain, "client", SslProtocols.Tls13)]
    [InlineData(ClientCertificateMode.Optional, ClientCertificateForwarding.Chain, "alice", SslProtocols.Tls13)]
    [InlineData(ClientCertificateMode.Optional, ClientCertificateForwarding.Chain, "none", SslProtocols.Tls13)]
    [InlineData(ClientCertificateMode.Optional, ClientCertificateForwarding.None, "client", SslProtocols.Tls13)]
    [InlineData(ClientCertificateMode.None, ClientCertificateForwarding.Chain, "client", SslProtocols.Tls13)]
    public async Task Origin_IsToldWhatTheListenerVerified(ClientCertificateMode mode, ClientCertificateForwarding forwarding, string which, SslProtocols protocol)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, mode, forwarding);
        var certificate = CertificateOf(which);
        using var client = await RawClient.ConnectTlsAsync(proxy.Port, certificate, protocols: protocol);

        // A client's own word is taken out, however it writes it.
        var request = "GET / HTTP/1.1\r\nHost: a\r\nClient-Cert: :AAAA:\r\nclient_cert: :BBBB:\r\nClient-Cert-Chain: :CCCC:\r\nConnection: client-cert\r\n\r\n";
        Assert.Equal(200, (await client.ExchangeAsync(request)).StatusCode);
        Assert.Equal(200, (await client.ExchangeAsync(request)).StatusCode);

        var told = mode != ClientCertificateMode.None && forwarding != ClientCertificateForwarding.None && certificate is not null;
        var lines = Assert.Single(origin.Connections).Received.Split("\r\n").Where(static line => line.StartsWith("client", StringComparison.OrdinalIgnoreCase)).ToList();
        var expected = new List<string>();
        if (told)
        {
            expected.Add($"Client-Cert: :{Convert.ToBase64String(certificate!.Certificate.RawData)}:");
            if (forwarding == ClientCertificateForwarding.Chain && certificate.Intermediates.Count > 0)
            {
                expected.Add($"Client-Cert-Chain: :{Convert.ToBase64String(certificate.Intermediates[0].RawData)}:");
            }
        }

        Assert.Equal([.. expected, .. expected], lines);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Openssl_IsToldWhichAuthorityToPresentACertificateOf(string version)
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(origin, ClientCertificateMode.Optional, ClientCertificateForwarding.None);

        await using var openssl = await TestProcess.RunAsync(Peers.Require("openssl"), ["s_client", "-connect", $"127.0.0.1:{proxy.Port}", version]);

        Assert.Equal("CN = PipeProxy Test Root", openssl.OutputLines.SkipWhile(static line => line != "Acceptable client certificate CA names").ElementAtOrDefault(1));
    }

    private static TestCertificate? CertificateOf(string which) => which switch
    {
        "client" => TestCertificates.Client,
        "alice" => TestCertificates.Alice,
        "unknown" => TestCertificates.UnknownClient,
        "expired" => TestCertificates.ExpiredClient,
        "usage" => TestCertificates.WrongUsageClient,
        _ => null,
    };

    private static Task<TestProxy> StartAsync(ByteOrigin origin, ClientCertificateMode mode, ClientCertificateForwarding forwarding) => TestProxy.StartAsync(
        origin.Url,
        configure: config => config with
        {
            Listeners =
            [
                new ListenerConfig
                {
                    Url = "https://127.0.0.1:0",
                    Certificates = [new(TestCertificates.Server.CertificatePath, TestCertificates.Server.KeyPath)],
                    ClientCertificates = new ClientCertificateConfig { Mode = mode, Authority = TestCertificates.Root.CertificatePath, Forward = forwarding },
                },
            ],
        });
}
