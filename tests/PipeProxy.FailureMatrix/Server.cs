using AlbSimulator;
using PipeProxy.Testing;
using PeerVersions = PipeProxy.Testing.TlsVersions;

namespace PipeProxy.FailureMatrix;

/// <summary>Whose TLS stands on the other side.</summary>
internal enum ServerKind
{
    Simulator,
    Nginx,
    Haproxy,
    Openssl,
    Node,
}

/// <summary>One of them, started, which demands a client certificate under the tests' root.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts;

    private Server(string url, params List<IAsyncDisposable> parts)
    {
        Url = url;
        _parts = parts;
    }

    /// <summary>Scheme, localhost and port.</summary>
    public string Url { get; }

    /// <summary>As people call it.</summary>
    public static string NameOf(ServerKind kind) => kind switch
    {
        ServerKind.Simulator => "simulator",
        ServerKind.Nginx => "nginx",
        ServerKind.Haproxy => "HAProxy",
        ServerKind.Openssl => "openssl s_server",
        _ => "Node.js",
    };

    /// <summary>Whether it is installed.</summary>
    public static bool IsHere(ServerKind kind) => kind switch
    {
        ServerKind.Simulator => true,
        ServerKind.Nginx => Peers.Find("nginx") is not null,
        ServerKind.Haproxy => Peers.Find("haproxy") is not null,
        ServerKind.Openssl => Peers.Find("openssl") is not null,
        _ => Peers.Find("node") is not null,
    };

    public static async Task<Server> StartAsync(ServerKind kind, PeerVersions versions, TestCertificate certificate, bool revokes)
    {
        var tls = new PeerTls { Versions = versions, Certificate = certificate, CrlPath = revokes ? TestCertificates.CrlPath : null };
        switch (kind)
        {
            case ServerKind.Simulator:
                var balancer = LoadBalancer.Start(new LoadBalancerOptions
                {
                    CertificatePem = certificate.CertificatePem,
                    PrivateKeyPem = certificate.KeyPem,
                    TrustStorePem = TestCertificates.Root.CertificatePem,
                    CrlPem = revokes ? await File.ReadAllTextAsync(TestCertificates.CrlPath) : null,
                    Tls = (AlbSimulator.TlsVersions)versions,
                });
                return new Server($"https://localhost:{balancer.Port}", balancer);
            case ServerKind.Nginx:
                var nginx = await NginxOrigin.StartAsync(tls);
                return new Server(nginx.Url, nginx);
            case ServerKind.Haproxy:
                var haproxy = await HaproxyOrigin.StartAsync(tls);
                return new Server(haproxy.Url, haproxy);
            case ServerKind.Node:
                var node = await NodeOrigin.StartAsync(tls);
                return new Server(node.Url, node);
            default:
                var files = new Folder();
                files.Directory.Write("ok", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
                files.Directory.Write("status/403", "HTTP/1.0 403 Forbidden\r\nContent-Length: 10\r\n\r\nforbidden\n");
                var openssl = await OpensslServer.StartAsync(tls, files.Directory.Path, "-verify_depth", "4");
                return new Server(openssl.Url, openssl, files);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    private sealed class Folder : IAsyncDisposable
    {
        public TemporaryDirectory Directory { get; } = new();

        public ValueTask DisposeAsync()
        {
            Directory.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
