using System.Net;
using System.Net.Sockets;
using AlbSimulator;
using CertificateAuthority;

namespace PipeProxy.FailureMatrix;

/// <summary>The authorities and certificates of the troubleshooting page, and the places where no simulator is.</summary>
internal sealed class World : IDisposable
{
    private readonly Authority _authority = Authority.CreateRoot("Example root").CreateIntermediate("Example intermediate");
    private readonly Authority _strange = Authority.CreateRoot("Unknown root");
    private readonly PipeProxy.Testing.ClosedPort _closed = new();

    // Connections stand in its queue, and nobody takes them.
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);

    public World()
    {
        _silent.Start();
        Good = _authority.IssueClient("client");
        Revoked = _authority.IssueClient("revoked");
        Stranger = _strange.IssueClient("client of another authority");
        Deep = _authority.CreateIntermediates(4).IssueClient("deep");
        StrangeServer = _strange.IssueServer();
        OtherServer = _authority.Issue(LeafOptions.Server() with { Subject = "other.example", DnsNames = ["other.example"], IpAddresses = [] });
        var server = _authority.IssueServer();
        Options = new LoadBalancerOptions
        {
            CertificatePem = server.ChainPem,
            PrivateKeyPem = server.PrivateKeyPkcs8Pem,
            TrustStorePem = RootPem,
            CrlPem = _authority.CreateCrl(Revoked),
            Tls = TlsVersions.Tls13,
        };
    }

    public IssuedCertificate Good { get; }

    public IssuedCertificate Revoked { get; }

    public IssuedCertificate Stranger { get; }

    public IssuedCertificate Deep { get; }

    public IssuedCertificate StrangeServer { get; }

    public IssuedCertificate OtherServer { get; }

    public LoadBalancerOptions Options { get; }

    public string RootPem => _authority.Root.CertificatePem;

    public int ClosedPort => _closed.Port;

    public int SilentPort => ((IPEndPoint)_silent.LocalEndpoint).Port;

    public IssuedCertificate Issue(LeafOptions options) => _authority.Issue(options);

    public void Dispose()
    {
        _closed.Dispose();
        _silent.Dispose();
    }
}
