using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using AlbSimulator;
using CertificateAuthority;

namespace PipeProxy.Tests.Tools;

public sealed class LoadBalancerTests(LoadBalancerFixture fixture) : IClassFixture<LoadBalancerFixture>
{
    public static TheoryData<SslProtocols, KeyKind, KeyKind> AcceptedKeys()
    {
        var data = new TheoryData<SslProtocols, KeyKind, KeyKind>();
        foreach (var protocol in new[] { SslProtocols.Tls12, SslProtocols.Tls13 })
        {
            data.Add(protocol, KeyKind.Rsa2048, KeyKind.EcdsaP256);
            data.Add(protocol, KeyKind.EcdsaP384, KeyKind.Rsa2048);
            data.Add(protocol, KeyKind.EcdsaP521, KeyKind.EcdsaP521);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(AcceptedKeys))]
    public async Task GoodCertificate_IsAcceptedAndToldToTheTarget(SslProtocols protocol, KeyKind serverKey, KeyKind clientKey)
    {
        var server = fixture.Authority.IssueServer(serverKey);
        var client = fixture.Authority.IssueClient("CN=tools client,O=PipeProxy", clientKey);
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { CertificatePem = server.ChainPem, PrivateKeyPem = server.PrivateKeyPkcs8Pem });
        using var http = fixture.NewHttpClient(loadBalancer, client, protocol);

        using var answer = await http.GetAsync(new Uri("/a?b=c", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var echo = await LoadBalancerFixture.EchoOf(answer);
        Assert.Equal("/a?b=c", echo.GetProperty("target").GetString());
        Assert.Equal([client.Subject], LoadBalancerFixture.FieldsOf(echo, "fields", "X-Amzn-Mtls-Clientcert-Subject"));
        Assert.Equal([client.SerialNumber], LoadBalancerFixture.FieldsOf(echo, "fields", "X-Amzn-Mtls-Clientcert-Serial-Number"));
        Assert.Equal(["CN=Tools intermediate"], LoadBalancerFixture.FieldsOf(echo, "fields", "X-Amzn-Mtls-Clientcert-Issuer"));
        Assert.Equal($"NotBefore={client.NotBefore:yyyy-MM-ddTHH:mm:ssZ};NotAfter={client.NotAfter:yyyy-MM-ddTHH:mm:ssZ}", Field(answer, "X-Amzn-Mtls-Clientcert-Validity"));
        Assert.Equal(client.CertificatePem, WebUtility.UrlDecode(Field(answer, "X-Amzn-Mtls-Clientcert-Leaf").Replace("+", "%2B", StringComparison.Ordinal)));
        Assert.Equal(client.Subject, Field(answer, "X-Amzn-Mtls-Clientcert-Subject"));
        Assert.Equal(1, loadBalancer.HandshakesCompleted);
        Assert.Equal(client.Subject, Assert.Single(loadBalancer.RequestsSeen).Subject);
    }

    [Fact]
    public async Task Passthrough_HandsOnAChainThatNobodyTrusts()
    {
        var stranger = Authority.CreateRoot("Stranger").CreateIntermediate("Stranger intermediate").IssueClient("stranger");
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { Mode = MutualTlsMode.Passthrough, TrustStorePem = null });
        using var http = fixture.NewHttpClient(loadBalancer, stranger);

        using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));

        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(WebUtility.UrlDecode(Field(answer, "X-Amzn-Mtls-Clientcert").Replace("+", "%2B", StringComparison.Ordinal)));
        Assert.Equal(["CN=stranger", "CN=Stranger intermediate"], chain.Select(certificate => certificate.Subject));
        Assert.False(answer.Headers.Contains("X-Amzn-Mtls-Clientcert-Subject"));
    }

    [Theory]
    [InlineData(MutualTlsMode.Passthrough)]
    [InlineData(MutualTlsMode.Off)]
    public async Task NoCertificate_IsServedOutsideVerifyMode(MutualTlsMode mode)
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options with { Mode = mode });
        using var http = fixture.NewHttpClient(loadBalancer, certificate: null);

        using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Null(Assert.Single(loadBalancer.RequestsSeen).Subject);
    }

    [Fact]
    public async Task ClaimsAboutTheCertificate_AreReplacedForTheTarget()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        using var http = fixture.NewHttpClient(loadBalancer, fixture.Client);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Amzn-Mtls-Clientcert-Subject", "CN=admin");

        using var answer = await http.SendAsync(request);

        var echo = await LoadBalancerFixture.EchoOf(answer);
        Assert.Equal([fixture.Client.Subject], LoadBalancerFixture.FieldsOf(echo, "fields", "X-Amzn-Mtls-Clientcert-Subject"));
        Assert.Equal(["CN=admin"], LoadBalancerFixture.FieldsOf(echo, "received", "X-Amzn-Mtls-Clientcert-Subject"));
    }

    [Fact]
    public async Task TwoHundredConnections_AreServedAtOnce()
    {
        await using var loadBalancer = LoadBalancer.Start(fixture.Options);
        var clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => TlsClient.ConnectAsync(loadBalancer, fixture.Authority, fixture.Client)));

        await Task.WhenAll(clients.Select(client => client.WriteAsync("GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n")));
        int[] counts = await Task.WhenAll(clients.Select(client => client.ReadAsync(new byte[8192])));

        Assert.All(counts, count => Assert.True(count > 0));
        Assert.Equal(200, loadBalancer.OpenConnections);
        Assert.Equal(200, loadBalancer.Requests);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Dispose_EndsConnectionsThatWait()
    {
        var loadBalancer = LoadBalancer.Start(fixture.Options);
        await using var idle = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, fixture.Client);
        await using var inHead = await TlsClient.ConnectAsync(loadBalancer, fixture.Authority, fixture.Client);
        await inHead.WriteAsync("GET / HT");

        await loadBalancer.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(0, loadBalancer.OpenConnections);
    }

    [Fact]
    public async Task ConnectionLog_HoldsTheFieldsOfAnAlb()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("pipeproxy-tools-").FullName, "connections.log");
        try
        {
            int port;
            await using (var loadBalancer = LoadBalancer.Start(fixture.Options with { ConnectionLog = path, Tls = TlsVersions.Tls12 }))
            {
                port = loadBalancer.Port;
                using var http = fixture.NewHttpClient(loadBalancer, fixture.Client);
                using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));
                using var stranger = fixture.NewHttpClient(loadBalancer, Authority.CreateRoot("Stranger").IssueClient("stranger"));
                await Assert.ThrowsAsync<HttpRequestException>(() => stranger.GetAsync(new Uri("/", UriKind.Relative)));
            }

            string[] lines = await File.ReadAllLinesAsync(path);
            Assert.Equal(2, lines.Length);
            Assert.Matches(
                $"""^\S+Z 127\.0\.0\.1 \d+ {port} TLSv1\.2 ECDHE-ECDSA-AES\d+-GCM-SHA\d+ \d+\.\d+ "CN=tools client,O=PipeProxy" NotBefore=\S+Z;NotAfter=\S+Z {fixture.Client.SerialNumber} Success TID_[0-9a-f]+$""",
                lines[0]);
            Assert.Contains("\"CN=stranger\"", lines[1], StringComparison.Ordinal);
            Assert.Contains(" \"Failed:ClientCertUntrusted\" TID_", lines[1], StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    private static string Field(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));
}
