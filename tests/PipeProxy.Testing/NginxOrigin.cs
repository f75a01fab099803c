using System.Globalization;

namespace PipeProxy.Testing;

/// <summary>A real nginx as the origin, one process, on a free port of 127.0.0.1, with a folder of its own.</summary>
/// <remarks>
/// Every answer tells who called: <c>X-Client-Subject</c> (RFC 2253, absent without a certificate), <c>X-Client-Verify</c>,
/// <c>X-Tls-Protocol</c>, <c>X-Connection</c> and <c>X-Connection-Requests</c> (nginx's number of the connection and of the request on it).
/// <list type="bullet">
/// <item><c>/status/NNN</c> answers with that status, one of <see cref="Statuses"/>.</item>
/// <item><c>/files/NAME</c> serves what <see cref="AddFile(string, long)"/> made.</item>
/// <item><c>/upload</c> reads the whole request body before it answers with its length, see <see cref="UploadSink"/>;
/// <c>/upload/sha256</c> with its digest, too.</item>
/// <item>Anything else answers 200 with what nginx saw of the request, one <c>name: value</c> line each.</item>
/// </list>
/// With <see cref="ClientVerification.Required"/> nginx finishes the handshake and answers 400 to a bad or missing certificate.
/// </remarks>
public sealed class NginxOrigin : IAsyncDisposable
{
    /// <summary>What <c>/status/</c> knows.</summary>
    public static IReadOnlyList<int> Statuses { get; } = [200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 409, 410, 429, 500, 501, 502, 503, 504];

    private readonly TemporaryDirectory _folder;
    private readonly TestProcess _process;
    private readonly PeerTls? _tls;

    private NginxOrigin(TemporaryDirectory folder, TestProcess process, UploadSink sink, int port, PeerTls? tls)
    {
        _folder = folder;
        _process = process;
        _tls = tls;
        Uploads = sink;
        Port = port;
    }

    /// <summary>The port of 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Scheme, localhost and port.</summary>
    public string Url => $"{(_tls is null ? "http" : "https")}://localhost:{Port}";

    /// <summary>What stands behind <c>/upload</c>.</summary>
    public UploadSink Uploads { get; }

    /// <summary>nginx's process, for signals and its two logs: the error log (level info) on standard error, the access log on standard output.</summary>
    /// <remarks>
    /// An access log line has the connection, the request on it, the client's subject, the verify result, the request line and the status.
    /// nginx writes it after the answer is out, so whoever has the answer waits for the line.
    /// </remarks>
    public TestProcess Process => _process;

    /// <summary>Starts nginx with TLS; skips the test, or fails it in CI, when nginx is not installed.</summary>
    public static Task<NginxOrigin> StartAsync(PeerTls? tls = null) => StartCoreAsync(tls ?? PeerTls.Default);

    /// <summary>Starts nginx without TLS.</summary>
    public static Task<NginxOrigin> StartPlainAsync() => StartCoreAsync(null);

    /// <summary>Makes a file below <c>/files/</c>. It is sparse, so that gigabytes cost neither time nor disk; its bytes are zeros.</summary>
    /// <returns>The path to ask for.</returns>
    public string AddFile(string name, long length)
    {
        using FileStream file = new(_folder.Combine("files", name), FileMode.Create, FileAccess.Write);
        file.SetLength(length);
        return "/files/" + name;
    }

    /// <summary>Makes a file below <c>/files/</c> with the given bytes.</summary>
    /// <returns>The path to ask for.</returns>
    public string AddFile(string name, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(_folder.Combine("files", name), content);
        return "/files/" + name;
    }

    /// <summary>Stops nginx and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await Uploads.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<NginxOrigin> StartCoreAsync(PeerTls? tls)
    {
        string program = Peers.Require("nginx");
        TemporaryDirectory folder = new();
        Directory.CreateDirectory(folder.Combine("files"));
        UploadSink sink = UploadSink.Start(folder.Combine("upload.sock"));
        try
        {
            (TestProcess process, int port) = await PeerProcess.StartAsync(
                program,
                port => ["-p", folder.Path, "-e", "stderr", "-c", folder.Write("nginx.conf", Configuration(folder, tls, port))]);
            return new NginxOrigin(folder, process, sink, port, tls);
        }
        catch
        {
            await sink.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    private static string Configuration(TemporaryDirectory folder, PeerTls? tls, int port) => $$"""
        {{NginxSettings.Process(folder, "info", 4096)}}
        http {
          {{NginxSettings.Folders(folder)}}
          log_format seen '$connection $connection_requests "$ssl_client_s_dn" $ssl_client_verify "$request" $status';
          access_log /dev/stdout seen;
          default_type text/plain;
          client_max_body_size 0;
          large_client_header_buffers 8 64k;
          keepalive_requests 100000000;
          keepalive_timeout 75s;
          tcp_nodelay on;
          server {
            listen 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}}{{(tls is null ? "" : " ssl")}};
            server_name localhost;
            {{(tls is null ? "" : TlsSettings(tls))}}
            add_header X-Client-Subject $ssl_client_s_dn always;
            add_header X-Client-Verify $ssl_client_verify always;
            add_header X-Tls-Protocol $ssl_protocol always;
            add_header X-Connection $connection always;
            add_header X-Connection-Requests $connection_requests always;
            location / {
              return 200 "method: $request_method\ntarget: $request_uri\nprotocol: $server_protocol\nhost: $http_host\nsni: $ssl_server_name\nsession-reused: $ssl_session_reused\nvia: $http_via\nconnection: $http_connection\nx-forwarded-for: $http_x_forwarded_for\nx-forwarded-proto: $http_x_forwarded_proto\nx-forwarded-host: $http_x_forwarded_host\nx-request-id: $http_x_request_id\n";
            }
            location /files/ { alias {{folder.Combine("files")}}/; }
            location /upload {
              proxy_pass http://unix:{{folder.Combine("upload.sock")}}:;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_request_buffering off;
              proxy_read_timeout 300s;
            }
        {{string.Join('\n', Statuses.Select(status => $"    location = /status/{status} {{ return {status}{(status is 204 or 304 ? "" : $" \"status {status}\\n\"")}; }}"))}}
          }
        }
        """;

    // Debian's nginx takes TLS 1.3 only when it is named; a chain with an intermediate needs a depth above 1.
    private static string TlsSettings(PeerTls tls) => $"""
        ssl_certificate {tls.Certificate.CertificatePath};
            ssl_certificate_key {tls.Certificate.KeyPath};
            ssl_protocols {tls.Versions switch { TlsVersions.Tls12 => "TLSv1.2", TlsVersions.Tls13 => "TLSv1.3", _ => "TLSv1.2 TLSv1.3" }};
            ssl_client_certificate {tls.ClientRoot.CertificatePath};
            ssl_verify_client {tls.Verification switch { ClientVerification.Off => "off", ClientVerification.Optional => "optional", _ => "on" }};
            {(tls.CrlPath is null ? "" : $"ssl_crl {tls.CrlPath};")}
            ssl_verify_depth 4;
            ssl_session_tickets off;
        """;
}
