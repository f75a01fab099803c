using System.Collections.Concurrent;
using System.Globalization;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Rotation;

namespace PipeProxy.Testing;

/// <summary>A proxy in the test's own process, on free ports, with its log kept. Origins are verified against <see cref="TestCertificates.Root"/>.</summary>
/// <remarks><see cref="DisposeAsync"/> fails the test when the proxy reported a bug of its own meanwhile.</remarks>
public sealed class TestProxy : IAsyncDisposable
{
    /// <summary>The certificate's name in the routes that <see cref="StartAsync(string, TestBuffers, TestCertificate, Func{ProxyConfig, ProxyConfig}, int, TimeProvider)"/> makes.</summary>
    public const string CertificateName = "client-certificate";

    private readonly TestProxyLog _log = new();
    private readonly ConcurrentBag<CertificateRotation> _rotations = [];

    private TestProxy(ProxyConfig config, ICertificateSource certificates, TestBuffers buffers, int loops, TimeProvider? time)
    {
        Certificates = certificates as InMemoryCertificateSource ?? new InMemoryCertificateSource();
        var builder = new ReverseProxyBuilder()
            .UseConfig(config)
            .UseCertificates(certificates)
            .UseLogging(_log)
            .UseLoops(loops)
            .UseTestedTransport(buffers);
        Proxy = (time is null ? builder : builder.UseTimeProvider(time)).Build();
        Proxy.Rotated += (_, rotation) => _rotations.Add(rotation);
    }

    /// <summary>The proxy itself.</summary>
    public ReverseProxy Proxy { get; }

    /// <summary>Its client certificates, which a test may replace at any time; nobody's when the test brought a source of its own.</summary>
    public InMemoryCertificateSource Certificates { get; }

    /// <summary>What became of certificates that were replaced; in no order.</summary>
    public IReadOnlyCollection<CertificateRotation> Rotations => _rotations;

    /// <summary>Replaces a certificate of <see cref="Certificates"/> and waits until origins have been shown it and it is in force, or is not.</summary>
    public async Task<CertificateRotation> RotateAsync(ClientCertificate certificate)
    {
        Certificates.Set(certificate);
        return (await Proxy.SettleAsync(certificate.Name)).Rotation ?? throw new InvalidOperationException($"There was no rotation of '{certificate.Name}'.");
    }

    /// <summary>The port of its first listener.</summary>
    public int Port => PortOf(Proxy.Urls[0]);

    /// <summary>The first listener's URL, without a slash at the end.</summary>
    public string Url => Proxy.Urls[0];

    /// <summary>Starts a proxy whose only route takes everything to one origin.</summary>
    /// <param name="origin">Scheme, host and port.</param>
    /// <param name="buffers">Sizes of its reading buffers.</param>
    /// <param name="certificate">The client certificate to present; none when null.</param>
    /// <param name="configure">Changes the configuration before the start.</param>
    /// <param name="loops">Event loops.</param>
    /// <param name="time">Its clock; the system's when null.</param>
    public static Task<TestProxy> StartAsync(
        string origin,
        TestBuffers buffers = TestBuffers.Normal,
        TestCertificate? certificate = null,
        Func<ProxyConfig, ProxyConfig>? configure = null,
        int loops = 2,
        TimeProvider? time = null)
    {
        var config = Config(Route("/{*rest}", origin, certificate is null ? null : CertificateName));
        ClientCertificate[] certificates = certificate is null ? [] : [Named(CertificateName, certificate)];
        return StartAsync(configure is null ? config : configure(config), certificates, buffers, loops, time);
    }

    /// <summary>Starts a proxy with a configuration of the test's own, see <see cref="Config"/>.</summary>
    public static Task<TestProxy> StartAsync(
        ProxyConfig config,
        IEnumerable<ClientCertificate> certificates,
        TestBuffers buffers = TestBuffers.Normal,
        int loops = 2,
        TimeProvider? time = null)
        => StartAsync(config, new InMemoryCertificateSource(certificates), buffers, loops, time);

    /// <summary>Starts a proxy that takes its certificates from a source of the test's own.</summary>
    public static async Task<TestProxy> StartAsync(
        ProxyConfig config,
        ICertificateSource certificates,
        TestBuffers buffers = TestBuffers.Normal,
        int loops = 2,
        TimeProvider? time = null)
    {
        TestProxy proxy = new(config, certificates, buffers, loops, time);
        try
        {
            await proxy.Proxy.StartAsync();
            return proxy;
        }
        catch
        {
            await proxy.Proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>One listener on a free port of 127.0.0.1, the tests' root as trust, localhost without DNS, and these routes.</summary>
    /// <remarks>What opens a connection has more time than in production: no test fails because its machine is busy.</remarks>
    public static ProxyConfig Config(params IReadOnlyList<RouteConfig> routes) => new()
    {
        Listeners = [new ListenerConfig { Url = "http://127.0.0.1:0" }],
        Routes = routes,
        TrustedCertificates = TestCertificates.Root.CertificatePath,
        Timeouts = new TimeoutConfig { Connect = TimeSpan.FromSeconds(30), Handshake = TimeSpan.FromSeconds(30) },
        Resolve = new Dictionary<string, IReadOnlyList<string>> { ["localhost"] = ["127.0.0.1"] },
    };

    /// <summary>A route that forwards to an origin, under a certificate when one is named.</summary>
    public static RouteConfig Route(string path, string origin, string? certificate = null) => new()
    {
        Path = path,
        Name = path,
        Handler = new RouteHandlerConfig.UrlForward(origin) { MtlsCertificate = certificate },
    };

    /// <summary>A certificate under a name, as the proxy takes it.</summary>
    public static ClientCertificate Named(string name, TestCertificate certificate)
        => ClientCertificate.FromPem(name, certificate.CertificatePem, certificate.KeyPem);

    /// <summary>Connects a client that sends byte by byte unless told otherwise.</summary>
    public Task<RawClient> ConnectAsync(TimeSpan? timeout = null) => RawClient.ConnectAsync(Port, timeout);

    /// <summary>Sends a GET on a connection of its own and reads the answer.</summary>
    public async Task<RawResponse> GetAsync(string target = "/")
    {
        using var client = await ConnectAsync();
        return await client.ExchangeAsync($"GET {target} HTTP/1.1\r\nHost: proxy.example\r\n\r\n", whole: true);
    }

    /// <summary>The first line for the operator, come already or to come, that holds the text. A request's line comes after its answer is out.</summary>
    /// <exception cref="TimeoutException">No such line within 60 s; the message has those that came.</exception>
    public Task<string> WaitForLogAsync(string text) => _log.WaitForLineAsync(text, OriginConnection.DefaultTimeout);

    /// <summary>What it has logged so far; complete once it has stopped.</summary>
    public IReadOnlyList<string> LogLines => _log.Lines;

    /// <summary>Ends the proxy at once.</summary>
    /// <exception cref="InvalidOperationException">It reported a bug of its own.</exception>
    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        if (_log.Bugs is { Count: > 0 } bugs)
        {
            throw new InvalidOperationException("The proxy reported a bug of its own:\n" + string.Join('\n', bugs));
        }
    }

    /// <summary>The port of a URL of <see cref="ReverseProxy.Urls"/>.</summary>
    public static int PortOf(string url) => int.Parse(url.AsSpan(url.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
}
