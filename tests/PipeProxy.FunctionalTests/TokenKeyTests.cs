using System.Globalization;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A client certificate whose key lies in a PKCS#11 token is presented like any other, and what is wrong with a token is told without its PIN.</summary>
/// <remarks>In processes of their own: OpenSSL keeps one engine and one module per process, and SoftHSM looks for its tokens once.</remarks>
public sealed class TokenKeyTests : IDisposable
{
    private const string WrongPin = "99887766";

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("haproxy", TlsVersions.Tls12, true)]
    [InlineData("haproxy", TlsVersions.Tls13, true)]
    [InlineData("nginx", TlsVersions.Tls12, false)]
    [InlineData("nginx", TlsVersions.Tls13, true)]
    [InlineData("openssl", TlsVersions.Tls13, false)]
    public async Task KeyInAToken_SignsTheHandshake(string peer, TlsVersions versions, bool rsa)
    {
        var certificate = rsa ? TestCertificates.Client : TestCertificates.EcdsaClient;
        using var token = await SoftToken.CreateAsync(certificate);
        var kind = peer switch { "haproxy" => OriginKind.Haproxy, "nginx" => OriginKind.Nginx, _ => OriginKind.Openssl };
        await using var origin = await VerifyingOrigin.StartAsync(kind, versions);
        Configure(origin.Url, certificate, token, SoftToken.Uri, SoftToken.Pin);

        await using var proxy = Start("run", token);
        var port = TestProxy.PortOf(await proxy.WaitForLineAsync("^listening on "));
        for (var i = 0; i < 2; i++)
        {
            using var client = await RawClient.ConnectAsync(port);
            var response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n", whole: true);
            Assert.Equal((200, certificate.Subject), (response.StatusCode, origin.SubjectSeenIn(response)));
        }

        Assert.DoesNotContain(SoftToken.Pin, proxy.Transcript, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pin", "The token refuses the PIN")]
    [InlineData("no-pin", "no PIN was given")]
    [InlineData("token", "There is no token, or no private key in it, that pkcs11:token=nobody")]
    [InlineData("key", "There is no token, or no private key in it, that pkcs11:token=pipeproxy;object=nothing")]
    [InlineData("uri", "is not a PKCS#11 URI")]
    [InlineData("module", "The PKCS#11 module /no/such/module.so cannot be loaded")]
    [InlineData("engine", "OpenSSL's engine 'pkcs11' is not installed")]
    [InlineData("mismatch", "does not belong to the certificate in")]
    [InlineData("kind", "does not belong to the certificate in")]
    public async Task WhatIsWrong_IsToldAtItsPlaceWithoutThePin(string fault, string told)
    {
        using var token = await SoftToken.CreateAsync(TestCertificates.Client);
        var certificate = fault switch { "mismatch" => TestCertificates.Root, "kind" => TestCertificates.EcdsaClient, _ => TestCertificates.Client };
        if (fault == "mismatch")
        {
            using var other = System.Security.Cryptography.RSA.Create(2048);
            Directory.CreateDirectory(_folder.Combine("other"));
            certificate = TestCertificates.Client;
            _folder.Write("other/c.pem", new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=other", other, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1)
                .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)).ExportCertificatePem());
        }

        var uri = fault switch
        {
            "token" => SoftToken.UriOf("nobody", "client"),
            "key" => SoftToken.UriOf("pipeproxy", "nothing"),
            "uri" => "pkcs11:nonsense",
            _ => SoftToken.Uri,
        };
        Configure("https://localhost:1", certificate, token, uri, fault switch { "pin" => WrongPin, "no-pin" => null, _ => SoftToken.Pin }, fault == "module" ? "/no/such/module.so" : null, fault == "mismatch" ? "other/c.pem" : null);

        await using var check = Start("check", token, fault == "engine" ? new() { ["OPENSSL_ENGINES"] = "/no/such/folder" } : []);
        Assert.Equal(3, await check.WaitForExitAsync());

        Assert.Contains(told, check.Transcript, StringComparison.Ordinal);
        Assert.Matches("pipeproxy.json:[0-9]+:[0-9]+: error: certificates.hsm ", check.Transcript);
        Assert.DoesNotContain(WrongPin, check.Transcript, StringComparison.Ordinal);
        Assert.DoesNotContain(SoftToken.Pin, check.Transcript, StringComparison.Ordinal);
    }

    private void Configure(string origin, TestCertificate certificate, SoftToken token, string uri, string? pin, string? module = null, string? certificateFile = null)
    {
        if (pin is not null)
        {
            _folder.Write("pin", pin + "\n");
        }

        _folder.Write("pipeproxy.json", string.Create(CultureInfo.InvariantCulture, $$"""
            { "listeners": [ { "url": "http://127.0.0.1:0" } ], "resolve": { "localhost": [ "127.0.0.1" ] }, "trustedCertificates": "{{TestCertificates.Root.CertificatePath}}",
              "timeouts": { "handshake": "30s", "connect": "30s" },
              "certificates": { "hsm": { "certificate": "{{certificateFile ?? certificate.CertificatePath}}", "key": "{{uri}}", "module": "{{module ?? token.Module}}"{{(pin is null ? "" : ", \"pinFile\": \"pin\"")}} } },
              "routes": [ { "path": "/{*rest}", "baseUrl": "{{origin}}", "mtlsCertificate": "hsm" } ] }
            """));
    }

    private TestProcess Start(string command, SoftToken token, Dictionary<string, string?>? more = null)
        => TestProcess.Start(ProxyBinary.Path, command == "run" ? ["run", "--allow-root"] : [command], _folder.Path, token.Environment.Concat(more ?? []));
}
