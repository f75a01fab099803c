// YARP as the reverse proxy: plain and TLS listener, mTLS to the origin with kept connections, and the fields that PipeProxy sets.
//
//   yarp --origin https://localhost:PORT --folder DIR [--access-log]
//
// DIR holds the run's certificates. Prints "listening on URL" for each listener, as PipeProxy does.

using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

var builder = WebApplication.CreateSlimBuilder(args);
var origin = builder.Configuration["origin"] ?? throw new ArgumentException("--origin is missing.");
var folder = builder.Configuration["folder"] ?? throw new ArgumentException("--folder is missing.");
var accessLog = args.Contains("--access-log");

string InFolder(string name) => Path.Combine(folder, name);

builder.Logging.ClearProviders();
builder.WebHost.UseKestrelHttpsConfiguration();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = null;
    kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
    kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
    kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http1);
    kestrel.Listen(IPAddress.Loopback, 0, listener =>
    {
        listener.Protocols = HttpProtocols.Http1;
        listener.UseHttps(X509Certificate2.CreateFromPemFile(InFolder("server.pem"), InFolder("server-key.pem")));
    });
});
if (accessLog)
{
    builder.Services.AddW3CLogging(log =>
    {
        log.LogDirectory = folder;
        log.FileName = "yarp-access-";
        log.FileSizeLimit = int.MaxValue;

        // Its queue takes 1024 lines and is emptied once in this time; until then a full queue blocks the threads that answer. At the
        // default of a second it wrote a thousand lines per second, and so many requests were answered.
        log.FlushInterval = TimeSpan.FromMilliseconds(10);
    });
}

var clientCertificate = SslCertificate(InFolder("client.pem"), InFolder("client-key.pem"));
builder.Services.AddReverseProxy()
    .LoadFromMemory([Route("origin", "/{**rest}"), Route("closing", "/close")], [Cluster("origin"), Cluster("closing")])
    .ConfigureHttpClient((_, handler) =>
    {
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(55);
        handler.SslOptions.ClientCertificateContext = clientCertificate;
        handler.SslOptions.AllowTlsResume = false;
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { X509Certificate2.CreateFromPem(File.ReadAllText(InFolder("ca.pem"))) },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
    })
    .AddTransforms(static context => // X-Forwarded-For, -Proto and -Host are set, and Host is the origin's, without being asked
    {
        context.AddRequestTransform(static request =>
        {
            request.ProxyRequest.Headers.TryAddWithoutValidation("Via", "1.1 yarp");
            request.ProxyRequest.Headers.TryAddWithoutValidation("X-Request-Id", request.HttpContext.TraceIdentifier);
            return ValueTask.CompletedTask;
        });
        context.AddResponseHeader("Via", "1.1 yarp");
    });

await using var app = builder.Build();
if (accessLog)
{
    app.UseW3CLogging();
}

app.MapReverseProxy();
await app.StartAsync();
foreach (var url in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses)
{
    Console.WriteLine($"listening on {url}");
}

await app.WaitForShutdownAsync();

static RouteConfig Route(string cluster, string path) => new() { RouteId = cluster, ClusterId = cluster, Match = new RouteMatch { Path = path } };

// What closes after every answer has a pool of its own in every proxy, so that a storm there leaves the others their connections.
ClusterConfig Cluster(string name) => new()
{
    ClusterId = name,
    Destinations = new Dictionary<string, DestinationConfig> { ["origin"] = new() { Address = origin } },
    HttpClient = new HttpClientConfig { MaxConnectionsPerServer = 256, SslProtocols = SslProtocols.Tls13 },
    HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
};

static SslStreamCertificateContext SslCertificate(string certificate, string key) =>
    SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(certificate, key), additionalCertificates: null, offline: true);
