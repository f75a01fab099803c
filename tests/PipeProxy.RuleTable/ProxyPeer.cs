using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using PipeProxy.Testing;

namespace PipeProxy.RuleTable;

/// <summary>A running proxy before an origin, with the settings it comes with.</summary>
internal sealed class ProxyPeer : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _parts = [];

    private ProxyPeer(string name, int port, RuleOrigin origin)
    {
        Name = name;
        Port = port;
        Origin = origin;
        _parts.Add(origin);
    }

    /// <summary>Name and version.</summary>
    public string Name { get; }

    public int Port { get; }

    /// <summary>Its own origin: what comes late cannot be put down to another proxy.</summary>
    public RuleOrigin Origin { get; }

    public static async Task<ProxyPeer> StartPipeProxyAsync()
    {
        var origin = new RuleOrigin();
        var proxy = await TestProxy.StartAsync(origin.Url);
        var version = typeof(ReverseProxy).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
        var peer = new ProxyPeer($"PipeProxy {version}", proxy.Port, origin);
        peer._parts.Insert(0, proxy);
        return peer;
    }

    public static Task<ProxyPeer> StartNginxAsync() => StartAsync("nginx", "-v", (folder, port, origin) =>
    [
        "-p", folder.Path, "-e", "stderr", "-c", folder.Write("nginx.conf", $$"""
            {{NginxSettings.Process(folder, "crit", 1024)}}
            http {
              {{NginxSettings.Folders(folder)}}
              access_log off;
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  proxy_pass http://127.0.0.1:{{origin}};
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                }
              }
            }
            """),
    ]);

    public static Task<ProxyPeer> StartHaproxyAsync() => StartAsync("haproxy", "-v", (folder, port, origin) =>
    [
        "-db", "-f", folder.Write("haproxy.cfg", $"""
            global
              maxconn 1024
            defaults
              mode http
              timeout connect 5s
              timeout client 60s
              timeout server 60s
            frontend clients
              bind 127.0.0.1:{port}
              default_backend origin
            backend origin
              server origin 127.0.0.1:{origin}

            """),
    ]);

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts)
        {
            await part.DisposeAsync();
        }
    }

    private static async Task<ProxyPeer> StartAsync(string command, string versionFlag, Func<TemporaryDirectory, string, int, IReadOnlyList<string>> arguments)
    {
        var program = Peers.Find(command) ?? throw new FileNotFoundException($"'{command}' is not installed.");
        var folder = new TemporaryDirectory();
        var origin = new RuleOrigin();
        var (process, port) = await PeerProcess.StartAsync(program, port => arguments(folder, port.ToString(CultureInfo.InvariantCulture), origin.Port));
        var peer = new ProxyPeer(await VersionOfAsync(program, versionFlag), port, origin);
        peer._parts.Insert(0, process);
        peer._parts.Add(new Folder(folder));
        return peer;
    }

    // "nginx version: nginx/1.22.1" on standard error, "HAProxy version 2.6.12-1+deb12u1 2023/12/16 - ..." on standard output.
    private static async Task<string> VersionOfAsync(string program, string flag)
    {
        using var process = Process.Start(new ProcessStartInfo(program, flag) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var text = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        var number = new string([.. text[text.IndexOfAny([.. "0123456789"])..].TakeWhile(static c => char.IsAsciiDigit(c) || c == '.')]);
        return $"{(text.StartsWith("nginx", StringComparison.Ordinal) ? "nginx" : "HAProxy")} {number}";
    }

    private sealed class Folder(TemporaryDirectory folder) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
