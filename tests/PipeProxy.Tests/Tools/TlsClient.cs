using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AlbSimulator;
using CertificateAuthority;

namespace PipeProxy.Tests.Tools;

/// <summary>An SslStream client of the simulated load balancer. Every wait ends after 30 seconds.</summary>
internal sealed class TlsClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly SslStream _stream;

    private TlsClient(Socket socket, SslStream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    public SslProtocols Protocol => _stream.SslProtocol;

    /// <summary>Returns when the client's side of the handshake is complete.</summary>
    public static async Task<TlsClient> ConnectAsync(LoadBalancer loadBalancer, Authority trusted, IssuedCertificate? certificate, SslProtocols protocols = SslProtocols.None)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(loadBalancer.EndPoint).WaitAsync(Patience);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var client = new TlsClient(socket, stream);
        try
        {
            await stream.AuthenticateAsClientAsync(OptionsFor(trusted, certificate, protocols)).WaitAsync(Patience);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    public static SslClientAuthenticationOptions OptionsFor(Authority trusted, IssuedCertificate? certificate, SslProtocols protocols = SslProtocols.None)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(trusted.Root.CertificatePem));
        return new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            CertificateChainPolicy = policy,
            ClientCertificateContext = certificate is null
                ? null
                : SslStreamCertificateContext.Create(certificate.ToX509Certificate2(), certificate.ToIntermediates(), offline: true),
        };
    }

    /// <summary>The alert's number in the innermost exception, where OpenSSL's packed error holds it; null when no alert was received.</summary>
    public static int? AlertOf(Exception exception)
    {
        var innermost = exception.GetBaseException();
        int reason = innermost.HResult & 0xFFF;
        return (uint)innermost.HResult >> 24 == 0x0A && reason > 1000 ? reason - 1000 : null;
    }

    public Task WriteAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(Patience);

    public Task<int> ReadAsync(byte[] buffer) => _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience);

    /// <summary>What arrives until the server ends the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(_stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
    }
}
