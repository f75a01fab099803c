using System.Globalization;

namespace PipeProxy.Testing;

/// <summary>A real nginx that passes every request on to one origin: a second reader of what the proxy sends, which writes down in its own words what it has read.</summary>
/// <remarks>
/// It takes any field name and large heads, keeps the target as it came, and reads a body to its end before it passes it on with a Content-Length.
/// Before a proxy instead of an origin it is a second reader of the answers: a connection to it is kept, so that a wrong end of one answer spoils the next.
/// </remarks>
public sealed class NginxRelay : IAsyncDisposable
{
    private readonly TemporaryDirectory _folder;
    private readonly TestProcess _process;

    private NginxRelay(TemporaryDirectory folder, TestProcess process, int port)
    {
        _folder = folder;
        _process = process;
        Port = port;
    }

    /// <summary>The port of 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Scheme, localhost and port.</summary>
    public string Url => $"http://localhost:{Port}";

    /// <summary>nginx's process; its error log is on standard error.</summary>
    public TestProcess Process => _process;

    /// <summary>Starts it; skips the test, or fails it in CI, when nginx is not installed.</summary>
    /// <param name="origin">The origin's port of 127.0.0.1.</param>
    public static async Task<NginxRelay> StartAsync(int origin)
    {
        string program = Peers.Require("nginx");
        TemporaryDirectory folder = new();
        try
        {
            (TestProcess process, int port) = await PeerProcess.StartAsync(
                program,
                port => ["-p", folder.Path, "-e", "stderr", "-c", folder.Write("nginx.conf", Configuration(folder, port.ToString(CultureInfo.InvariantCulture), origin))]);
            return new NginxRelay(folder, process, port);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Stops nginx and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static string Configuration(TemporaryDirectory folder, string port, int origin) => $$"""
        {{NginxSettings.Process(folder, "info", 1024)}}
        http {
          {{NginxSettings.Folders(folder)}}
          access_log off;
          client_max_body_size 0;
          client_header_buffer_size 64k;
          large_client_header_buffers 8 256k;
          ignore_invalid_headers off;
          underscores_in_headers on;
          keepalive_requests 1000000;
          upstream origin {
            server 127.0.0.1:{{origin.ToString(CultureInfo.InvariantCulture)}} max_fails=0;
            keepalive 1;
            keepalive_requests 1000000;
          }
          server {
            listen 127.0.0.1:{{port}};
            merge_slashes off;
            location / {
              proxy_pass http://origin;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_redirect off;
              proxy_next_upstream off;
              proxy_buffer_size 256k;
              proxy_buffers 8 256k;
              proxy_busy_buffers_size 512k;
            }
          }
        }
        """;
}
