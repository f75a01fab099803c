using AlbSimulator;
using PipeProxy.Testing;
using PeerVersions = PipeProxy.Testing.TlsVersions;

namespace PipeProxy.FunctionalTests;

/// <summary>Servers of four makers that demand a client certificate under the tests' root.</summary>
public enum OriginKind
{
    /// <summary><c>ssl_verify_client on</c>: a finished handshake, then HTTP 400.</summary>
    Nginx,

    /// <summary><c>ssl_verify_client optional</c>: a missing certificate is served, a bad one gets 400.</summary>
    NginxOptional,

    /// <summary><c>verify required</c>.</summary>
    Haproxy,

    /// <summary><c>s_server -Verify -verify_return_error</c>.</summary>
    Openssl,

    /// <summary>The load balancer of this repository, in verify mode.</summary>
    Simulator,
}

/// <summary>One of these servers, started, and how to read from its answer who it thinks called.</summary>
internal sealed class VerifyingOrigin : IAsyncDisposable
{
    private readonly IAsyncDisposable _server;
    private readonly Func<RawResponse, string?> _subject;

    private VerifyingOrigin(string url, IAsyncDisposable server, Func<RawResponse, string?> subject)
    {
        Url = url;
        _server = server;
        _subject = subject;
    }

    /// <summary>Scheme, localhost and port.</summary>
    internal string Url { get; }

    /// <summary>Starts a server; skips the test where it is not installed.</summary>
    internal static async Task<VerifyingOrigin> StartAsync(OriginKind kind, PeerVersions versions, TestCertificate? certificate = null)
    {
        var tls = new PeerTls
        {
            Versions = versions,
            Certificate = certificate ?? TestCertificates.Server,
            Verification = kind == OriginKind.NginxOptional ? ClientVerification.Optional : ClientVerification.Required,
        };
        switch (kind)
        {
            case OriginKind.Haproxy:
                var haproxy = await HaproxyOrigin.StartAsync(tls);
                return new(haproxy.Url, haproxy, static response => response["X-Client-Subject"]);
            case OriginKind.Openssl:
                var openssl = await OpensslServer.StartAsync(tls);
                return new(openssl.Url, openssl, static response => SubjectIn(response.Text));
            case OriginKind.Simulator:
                var balancer = LoadBalancer.Start(Options(tls));
                return new($"https://localhost:{balancer.Port}", balancer, static response => response["X-Amzn-Mtls-Clientcert-Subject"]);
            default:
                var nginx = await NginxOrigin.StartAsync(tls);
                return new(nginx.Url, nginx, static response => response["X-Client-Subject"]);
        }
    }

    /// <summary>A load balancer in verify mode with the tests' certificates.</summary>
    internal static LoadBalancerOptions Options(PeerTls? tls = null)
    {
        tls ??= PeerTls.Default;
        return new LoadBalancerOptions
        {
            CertificatePem = tls.Certificate.CertificatePem,
            PrivateKeyPem = tls.Certificate.KeyPem,
            TrustStorePem = tls.ClientRoot.CertificatePem,
            Tls = (AlbSimulator.TlsVersions)tls.Versions,
        };
    }

    /// <summary>The subject as <c>CN=name</c>, whatever the server writes around it.</summary>
    internal string? SubjectSeenIn(RawResponse response) => _subject(response)?.Replace(" ", "", StringComparison.Ordinal);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // s_server describes the client's certificate as openssl x509 -text does.
    private static string? SubjectIn(string page)
    {
        int certificate = page.IndexOf("Client certificate", StringComparison.Ordinal);
        int subject = certificate < 0 ? -1 : page.IndexOf("Subject: ", certificate, StringComparison.Ordinal);
        return subject < 0 ? null : page[(subject + "Subject: ".Length)..page.IndexOf('\n', subject)].Trim();
    }
}
