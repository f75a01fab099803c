using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace PipeProxy.Testing;

/// <summary>TLS settings of the test clients, and a ready HttpClient with them.</summary>
public static class TestTls
{
    /// <summary>A client that presents a certificate with its intermediates, and trusts one root only.</summary>
    /// <param name="certificate">The client's certificate; none when null.</param>
    /// <param name="trusted">The root to trust; <see cref="TestCertificates.Root"/> when null.</param>
    /// <param name="protocols">TLS versions; the platform's when <see cref="SslProtocols.None"/>.</param>
    public static HttpClient CreateHttpClient(TestCertificate? certificate = null, TestCertificate? trusted = null, SslProtocols protocols = SslProtocols.None)
    {
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            SslOptions = ClientOptions(certificate, trusted, protocols),
        };
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60) };
    }

    internal static SslClientAuthenticationOptions ClientOptions(TestCertificate? certificate, TestCertificate? trusted, SslProtocols protocols) => new()
    {
        ClientCertificateContext = certificate is null ? null : Context(certificate),
        EnabledSslProtocols = protocols,
        AllowTlsResume = false,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { (trusted ?? TestCertificates.Root).Certificate },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };

    internal static SslStreamCertificateContext Context(TestCertificate certificate) =>
        SslStreamCertificateContext.Create(certificate.Certificate, [.. certificate.Intermediates], offline: true);

    internal static bool IsReset(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            if (e is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown })
            {
                return true;
            }
        }

        return false;
    }
}
