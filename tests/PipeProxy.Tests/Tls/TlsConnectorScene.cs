using System.Net;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Tls;

/// <summary>An origin of OpenSSL's, and our connections to it.</summary>
public abstract class TlsConnectorScene : IDisposable
{
    private protected const string Host = "origin.test";

    private protected static readonly TestAuthority Authority = new();

    private protected HandshakeWorkers Workers { get; } = new(2);

    public void Dispose()
    {
        Workers.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static async Task<OpensslServer> StartAsync(string version, params string[] more)
        => await OpensslServer.StartAsync(version, Authority, Authority.Issue("origin", TestAuthority.ServerAuth, Host), more);

    private protected static TlsClientOptions Options() => new()
    {
        ServerName = Host,
        CertificateName = "client-cert",
        CertificateContext = Authority.Context(Authority.Issue("client", TestAuthority.ClientAuth)),
        TrustedRoots = Authority.Roots,
        HandshakeTimeout = TimeSpan.FromSeconds(30),
    };

    private protected Task<TlsResult> ConnectAsync(TestLoops loops, IPEndPoint endPoint, TlsClientOptions options)
        => loops.RunAsync(async () =>
        {
            var connected = await loops[0].ConnectAsync(endPoint, TimeSpan.FromSeconds(5));
            Assert.Equal(IoStatus.Ok, connected.Status);
            var result = await new TlsConnector(Workers).ConnectAsync(connected.Connection!, options);
            Assert.True(loops[0].IsInside);
            return result;
        });
}
