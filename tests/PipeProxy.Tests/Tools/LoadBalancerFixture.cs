using System.Net.Http.Json;
using System.Security.Authentication;
using System.Text.Json;
using AlbSimulator;
using CertificateAuthority;

namespace PipeProxy.Tests.Tools;

/// <summary>An authority with an intermediate, and the options of a load balancer that trusts its root. Shared by the tests of a class.</summary>
public sealed class LoadBalancerFixture
{
    public LoadBalancerFixture()
    {
        Authority = Authority.CreateRoot("Tools root").CreateIntermediate("Tools intermediate");
        var server = Authority.IssueServer();
        Options = new LoadBalancerOptions
        {
            CertificatePem = server.ChainPem,
            PrivateKeyPem = server.PrivateKeyPkcs8Pem,
            TrustStorePem = Authority.Root.CertificatePem,
        };
        Client = Authority.IssueClient("CN=tools client,O=PipeProxy");
    }

    public Authority Authority { get; }

    /// <summary>Verify mode on a free port.</summary>
    public LoadBalancerOptions Options { get; }

    /// <summary>A certificate that is accepted.</summary>
    public IssuedCertificate Client { get; }

    public HttpClient NewHttpClient(LoadBalancer loadBalancer, IssuedCertificate? certificate, SslProtocols protocols = SslProtocols.None) =>
        new(new SocketsHttpHandler { SslOptions = TlsClient.OptionsFor(Authority, certificate, protocols), MaxConnectionsPerServer = 1 })
        {
            BaseAddress = new Uri(loadBalancer.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)),
            Timeout = TimeSpan.FromSeconds(30),
        };

    /// <summary>The values of a field in one of the echo's two lists: "fields" or "received".</summary>
    public static string[] FieldsOf(JsonElement echo, string list, string name) =>
    [
        .. echo.GetProperty(list).EnumerateArray()
            .Where(field => string.Equals(field[0].GetString(), name, StringComparison.OrdinalIgnoreCase))
            .Select(field => field[1].GetString()!),
    ];

    public static async Task<JsonElement> EchoOf(HttpResponseMessage response) => await response.Content.ReadFromJsonAsync<JsonElement>();
}
