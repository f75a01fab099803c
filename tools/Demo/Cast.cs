using AlbSimulator;
using CertificateAuthority;

namespace Demo;

/// <summary>Who takes part besides the proxy: three authorities, four clients and two load balancers in verify mode.</summary>
internal sealed class Cast : IAsyncDisposable
{
    private Cast(Authority clientRoot, Authority webRoot, Authority strangerRoot, LoadBalancer loadBalancer, LoadBalancer olderLoadBalancer)
    {
        ClientRoot = clientRoot;
        WebRoot = webRoot;
        StrangerRoot = strangerRoot;
        LoadBalancer = loadBalancer;
        OlderLoadBalancer = olderLoadBalancer;
        var intermediate = clientRoot.CreateIntermediate("Example Client Intermediate");
        Shop = intermediate.IssueClient("CN=shop,O=Example", KeyKind.Rsa2048);
        Partner = intermediate.IssueClient("CN=partner,O=Example");
        Reports = intermediate.IssueClient("CN=reports,O=Example");
        Stranger = strangerRoot.IssueClient("CN=stranger,O=Elsewhere");
    }

    /// <summary>In the load balancers' trust store.</summary>
    public Authority ClientRoot { get; }

    /// <summary>Signs the load balancers' own certificates.</summary>
    public Authority WebRoot { get; }

    /// <summary>In nobody's trust store.</summary>
    public Authority StrangerRoot { get; }

    public IssuedCertificate Shop { get; }

    public IssuedCertificate Partner { get; }

    public IssuedCertificate Reports { get; }

    public IssuedCertificate Stranger { get; }

    /// <summary>Speaks TLS 1.3.</summary>
    public LoadBalancer LoadBalancer { get; }

    /// <summary>Speaks TLS 1.2 only.</summary>
    public LoadBalancer OlderLoadBalancer { get; }

    /// <summary>The name in the load balancers' certificates.</summary>
    public static string UrlOf(LoadBalancer loadBalancer) => $"https://localhost:{loadBalancer.Port}";

    public static async Task<Cast> AssembleAsync()
    {
        var clientRoot = Authority.CreateRoot("Example Client CA");
        var webRoot = Authority.CreateRoot("Example Web CA");
        var strangerRoot = Authority.CreateRoot("Somebody Else's CA");
        var server = webRoot.IssueServer();
        var options = new LoadBalancerOptions
        {
            CertificatePem = server.ChainPem,
            PrivateKeyPem = server.PrivateKeyPkcs8Pem,
            TrustStorePem = clientRoot.CertificatePem,
        };
        var loadBalancer = LoadBalancer.Start(options with { Tls = TlsVersions.Tls13 });
        try
        {
            return new Cast(clientRoot, webRoot, strangerRoot, loadBalancer, LoadBalancer.Start(options with { Tls = TlsVersions.Tls12 }));
        }
        catch
        {
            await loadBalancer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await LoadBalancer.DisposeAsync().ConfigureAwait(false);
        await OlderLoadBalancer.DisposeAsync().ConfigureAwait(false);
    }
}
