using System.Globalization;
using System.Text.Json;

namespace PipeProxy.Testing;

/// <summary>A Node.js https server as the origin: it finishes the handshake and then closes a client's connection whose certificate is not good, without an alert.</summary>
/// <remarks>Answers 200, or under <c>/status/403</c> and the like with that status.</remarks>
public sealed class NodeOrigin : IAsyncDisposable
{
    private const string Script = """
        const fs = require('fs'), options = JSON.parse(process.argv[1]), read = name => name && fs.readFileSync(name);
        const server = require('https').createServer({
          cert: read(options.cert), key: read(options.key), ca: read(options.ca), crl: read(options.crl),
          requestCert: true, rejectUnauthorized: true, minVersion: options.min, maxVersion: options.max,
        }, (request, response) => {
          const status = /^\/status\/([0-9]+)/.exec(request.url);
          response.writeHead(status ? +status[1] : 200, { 'content-type': 'text/plain' });
          response.end('node\n');
        });
        server.listen(0, '127.0.0.1', () => console.log('listening on ' + server.address().port));
        """;

    private readonly TestProcess _process;

    private NodeOrigin(TestProcess process, int port)
    {
        _process = process;
        Port = port;
    }

    /// <summary>The port of 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Scheme, localhost and port.</summary>
    public string Url => $"https://localhost:{Port}";

    /// <summary>Starts Node.js; skips the test, or fails it in CI, when it is not installed.</summary>
    /// <param name="tls">Certificates and versions; client certificates are always required.</param>
    public static async Task<NodeOrigin> StartAsync(PeerTls tls)
    {
        string options = JsonSerializer.Serialize(new Dictionary<string, string?>
        {
            ["cert"] = tls.Certificate.CertificatePath,
            ["key"] = tls.Certificate.KeyPath,
            ["ca"] = tls.ClientRoot.CertificatePath,
            ["crl"] = tls.CrlPath,
            ["min"] = tls.Versions == TlsVersions.Tls13 ? "TLSv1.3" : "TLSv1.2",
            ["max"] = tls.Versions == TlsVersions.Tls12 ? "TLSv1.2" : "TLSv1.3",
        });
        TestProcess process = TestProcess.Start(Peers.Require("node"), ["-e", Script, options]);
        try
        {
            string line = await process.WaitForLineAsync("^listening on [0-9]+$");
            return new NodeOrigin(process, int.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the server.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
