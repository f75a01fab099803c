using System.Globalization;

namespace PipeProxy.Testing;

/// <summary>OpenSSL's <c>s_server</c> as the origin: one connection at a time, one HTTP/1.0 answer each, the handshake described in its body.</summary>
/// <remarks>With <see cref="ClientVerification.Required"/> it rejects with an alert, in the handshake of TLS 1.2 and after it in TLS 1.3.</remarks>
public sealed class OpensslServer : IAsyncDisposable
{
    private OpensslServer(TestProcess process, int port)
    {
        Process = process;
        Port = port;
    }

    /// <summary>The port of 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Scheme, localhost and port.</summary>
    public string Url => $"https://localhost:{Port}";

    /// <summary>The process; it prints what it thinks of each client certificate.</summary>
    public TestProcess Process { get; }

    /// <summary>Starts the server; skips the test, or fails it in CI, when openssl is not installed.</summary>
    /// <param name="tls">Certificates, verification and versions.</param>
    /// <param name="more">Further arguments, such as <c>-groups P-384</c>.</param>
    /// <param name="filesFrom">Serves the files of this folder (<c>-HTTP</c>: they carry their own heads); null describes the handshake (<c>-www</c>).</param>
    public static async Task<OpensslServer> StartAsync(PeerTls? tls = null, string? filesFrom = null, params IReadOnlyList<string> more)
    {
        tls ??= PeerTls.Default;
        List<string> arguments =
        [
            "s_server", "-accept", "127.0.0.1:0", filesFrom is null ? "-www" : "-HTTP",
            "-cert", tls.Certificate.CertificatePath, "-key", tls.Certificate.KeyPath, "-CAfile", tls.ClientRoot.CertificatePath, "-no_ticket",
        ];
        arguments.AddRange(tls.Verification switch
        {
            ClientVerification.Required => ["-Verify", "4", "-verify_return_error"],
            ClientVerification.Optional => ["-verify", "4", "-verify_return_error"],
            _ => [],
        });
        arguments.AddRange(tls.Versions switch
        {
            TlsVersions.Tls12 => ["-tls1_2"],
            TlsVersions.Tls13 => ["-tls1_3"],
            _ => [],
        });

        arguments.AddRange(tls.CrlPath is null ? [] : ["-CRL", tls.CrlPath, "-crl_check"]);
        arguments.AddRange(more);
        TestProcess process = TestProcess.Start(Peers.Require("openssl"), arguments, filesFrom);
        try
        {
            string line = await process.WaitForLineAsync("^ACCEPT .*:[0-9]+$");
            return new OpensslServer(process, int.Parse(line.AsSpan(line.LastIndexOf(':') + 1), CultureInfo.InvariantCulture));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the server.</summary>
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
