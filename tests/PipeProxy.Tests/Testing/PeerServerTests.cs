using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Testing;

public sealed class PeerServerTests
{
    [Theory]
    [InlineData(TlsVersions.Tls12, "TLSv1.2")]
    [InlineData(TlsVersions.Tls13, "TLSv1.3")]
    public async Task Nginx_TellsWhoCalled(TlsVersions versions, string spoken)
    {
        await using NginxOrigin nginx = await NginxOrigin.StartAsync(new PeerTls { Versions = versions });
        using HttpClient http = TestTls.CreateHttpClient(TestCertificates.Client);
        using HttpResponseMessage response = await http.GetAsync($"{nginx.Url}/a?b=c");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("CN=client", Header(response, "X-Client-Subject"));
        Assert.Equal("SUCCESS", Header(response, "X-Client-Verify"));
        Assert.Equal(spoken, Header(response, "X-Tls-Protocol"));
        Assert.Contains("target: /a?b=c", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        string line = await nginx.Process.WaitForLineAsync(static line => line.Contains("\"GET /a?b=c HTTP/1.1\" 200", StringComparison.Ordinal));
        Assert.Matches("^[0-9]+ 1 \"CN=client\" SUCCESS ", line);
    }

    [Fact]
    public async Task Nginx_Answers400ToAnUnknownClientAndServesItWhereOptional()
    {
        await using NginxOrigin required = await NginxOrigin.StartAsync();
        await using NginxOrigin optional = await NginxOrigin.StartAsync(new PeerTls { Verification = ClientVerification.Optional });
        using HttpClient stranger = TestTls.CreateHttpClient(TestCertificates.UnknownClient);
        using HttpClient nobody = TestTls.CreateHttpClient();
        Assert.Equal(HttpStatusCode.BadRequest, (await stranger.GetAsync(required.Url)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await nobody.GetAsync(required.Url)).StatusCode);
        using HttpResponseMessage served = await nobody.GetAsync(optional.Url);
        Assert.Equal(("NONE", HttpStatusCode.OK), (Header(served, "X-Client-Verify"), served.StatusCode));
    }

    [Fact]
    public async Task Nginx_ServesStatusesAndBigFiles()
    {
        await using NginxOrigin nginx = await NginxOrigin.StartPlainAsync();
        using HttpClient http = TestTls.CreateHttpClient();
        foreach (int status in NginxOrigin.Statuses)
        {
            using HttpResponseMessage response = await http.GetAsync($"{nginx.Url}/status/{status}");
            Assert.Equal(status, (int)response.StatusCode);
        }

        using HttpResponseMessage big = await http.GetAsync(nginx.Url + nginx.AddFile("big", 5L << 30), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(5L << 30, big.Content.Headers.ContentLength);
        Assert.Equal("abc", await http.GetStringAsync(nginx.Url + nginx.AddFile("small", "abc"u8)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NginxUpload_IsReadToItsEnd(bool chunked)
    {
        await using NginxOrigin nginx = await NginxOrigin.StartAsync();
        using HttpClient http = TestTls.CreateHttpClient(TestCertificates.Alice);
        byte[] content = RandomNumberGenerator.GetBytes(3_000_000);
        using HttpRequestMessage request = new(HttpMethod.Post, $"{nginx.Url}/upload/sha256") { Content = new ByteArrayContent(content) };
        request.Headers.TransferEncodingChunked = chunked;
        using HttpResponseMessage response = await http.SendAsync(request);
        string digest = Convert.ToHexStringLower(SHA256.HashData(content));
        Assert.Equal($"3000000 {digest}", await response.Content.ReadAsStringAsync());
        Assert.Equal("CN=alice", Header(response, "X-Client-Subject"));
        Upload upload = Assert.Single(nginx.Uploads.Completed);
        Assert.Equal((3_000_000L, digest), (upload.Length, upload.Sha256));
        Assert.Equal(3_000_000, nginx.Uploads.ReceivedBytes);
    }

    [Theory]
    [InlineData(TlsVersions.Tls12, "TLSv1.2")]
    [InlineData(TlsVersions.Tls13, "TLSv1.3")]
    public async Task Haproxy_TellsWhoCalledAndRejectsStrangers(TlsVersions versions, string spoken)
    {
        await using HaproxyOrigin haproxy = await HaproxyOrigin.StartAsync(new PeerTls { Versions = versions });
        using HttpClient http = TestTls.CreateHttpClient(TestCertificates.EcdsaClient);
        using HttpResponseMessage response = await http.GetAsync($"{haproxy.Url}/a?b=c");
        Assert.Equal("GET /a?b=c", await response.Content.ReadAsStringAsync());
        Assert.Equal("CN=client-ecdsa", Header(response, "X-Client-Subject"));
        Assert.Equal(spoken, Header(response, "X-Tls-Protocol"));
        using HttpResponseMessage forbidden = await http.GetAsync($"{haproxy.Url}/status/403");
        Assert.Equal((HttpStatusCode.Forbidden, "CN=client-ecdsa"), (forbidden.StatusCode, Header(forbidden, "X-Client-Subject")));
        using HttpClient stranger = TestTls.CreateHttpClient(TestCertificates.UnknownClient);
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetAsync(haproxy.Url));
    }

    [Theory]
    [InlineData(TlsVersions.Tls12, SslProtocols.Tls12)]
    [InlineData(TlsVersions.Tls13, SslProtocols.Tls13)]
    public async Task Openssl_ServesKnownClientsAndRejectsStrangers(TlsVersions versions, SslProtocols protocols)
    {
        await using OpensslServer server = await OpensslServer.StartAsync(new PeerTls { Versions = versions });
        using HttpClient http = TestTls.CreateHttpClient(TestCertificates.Client, protocols: protocols);
        using HttpResponseMessage response = await http.GetAsync(server.Url);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using HttpClient stranger = TestTls.CreateHttpClient(TestCertificates.UnknownClient);
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetAsync(server.Url));
        await server.Process.WaitForLineAsync("verify error");
    }

    [Fact]
    public async Task Curl_ReadsFromNginx()
    {
        string curl = Peers.Require("curl");
        await using NginxOrigin nginx = await NginxOrigin.StartAsync();
        TestCertificate bob = TestCertificates.Bob;
        await using TestProcess run = await TestProcess.RunAsync(
            curl,
            ["-sS", "-D-", "--cacert", TestCertificates.Root.CertificatePath, "--cert", bob.CertificatePath, "--key", bob.KeyPath, $"{nginx.Url}/status/403"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("HTTP/1.1 403 Forbidden", run.OutputLines);
        Assert.Contains("X-Client-Subject: CN=bob", run.OutputLines);
    }

    private static string Header(HttpResponseMessage response, string name) => string.Join(", ", response.Headers.GetValues(name));
}
