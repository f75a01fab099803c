using System.Globalization;

namespace PipeProxy.Testing;

/// <summary>A real HAProxy as the origin: it rejects a bad client certificate with a TLS alert, as an ALB does.</summary>
/// <remarks>
/// Every answer has <c>X-Client-Subject</c> (RFC 2253, empty without a certificate) and <c>X-Tls-Protocol</c>.
/// <c>/status/403</c> and <c>/status/503</c> answer with that status, anything else with 200.
/// </remarks>
public sealed class HaproxyOrigin : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder;

    private HaproxyOrigin(TemporaryDirectory folder, TestProcess process, int port)
    {
        _folder = folder;
        Process = process;
        Port = port;
    }

    /// <summary>The port of 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Scheme, localhost and port.</summary>
    public string Url => $"https://localhost:{Port}";

    /// <summary>HAProxy's process; its log of requests and failed handshakes is on standard output.</summary>
    public TestProcess Process { get; }

    /// <summary>Starts HAProxy; skips the test, or fails it in CI, when it is not installed.</summary>
    public static async Task<HaproxyOrigin> StartAsync(PeerTls? tls = null)
    {
        string program = Peers.Require("haproxy");
        TemporaryDirectory folder = new();
        try
        {
            (TestProcess process, int port) = await PeerProcess.StartAsync(
                program,
                port => ["-db", "-f", folder.Write("haproxy.cfg", Configuration(tls ?? PeerTls.Default, port))]);
            return new HaproxyOrigin(folder, process, port);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Stops HAProxy and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _folder.Dispose();
    }

    private static string Configuration(PeerTls tls, int port) => $"""
        global
          maxconn 4096
          nbthread 1
          log stdout format raw local0
          tune.ssl.cachesize 0
        defaults
          mode http
          log global
          option httplog
          timeout connect 5s
          timeout client 60s
          timeout server 60s
        frontend origin
          bind 127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)} ssl crt {tls.Certificate.BundlePath} {Verify(tls)} {Versions(tls)} no-tls-tickets
          http-after-response set-header X-Client-Subject "%[ssl_c_s_dn(,0,rfc2253)]"
          http-after-response set-header X-Tls-Protocol "%[ssl_fc_protocol]"
          http-request return status 403 content-type text/plain string "forbidden" if {Braced("path /status/403")}
          http-request return status 503 content-type text/plain string "unavailable" if {Braced("path /status/503")}
          http-request return status 200 content-type text/plain lf-string "%[method] %[pathq]"

        """;

    private static string Verify(PeerTls tls) => tls.Verification == ClientVerification.Off
        ? "verify none"
        : $"ca-file {tls.ClientRoot.CertificatePath} {(tls.CrlPath is null ? "" : $"crl-file {tls.CrlPath} ")}verify {(tls.Verification == ClientVerification.Required ? "required" : "optional")}";

    private static string Versions(PeerTls tls) => tls.Versions switch
    {
        TlsVersions.Tls12 => "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2",
        TlsVersions.Tls13 => "ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.3",
        _ => "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3",
    };

    private static string Braced(string condition) => "{ " + condition + " }";
}
