using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Transport;

namespace PipeProxy;

/// <summary>Says what a <see cref="ReverseProxy"/> is made of.</summary>
/// <remarks>Not thread-safe. A built proxy keeps nothing of the builder, so one builder may make several.</remarks>
public sealed class ReverseProxyBuilder
{
    private readonly List<ListenerConfig> _listeners = [];
    private readonly ProxyOptions _options = new();
    private ProxyConfig _config = new();

    /// <summary>Adds an address to listen on, besides those of the configuration.</summary>
    /// <param name="url"><c>http://ADDRESS:PORT</c>; port 0 takes a free one, <see cref="ReverseProxy.Urls"/> tells which.</param>
    public ReverseProxyBuilder Listen(string url)
    {
        _listeners.Add(new ListenerConfig { Url = url });
        return this;
    }

    /// <summary>Where client certificates come from. Default: the folder that the configuration names, else none.</summary>
    public ReverseProxyBuilder UseCertificates(ICertificateSource source)
    {
        _options.Certificates = source;
        return this;
    }

    /// <summary>Whether commands may ask the running proxy what became of a change, by a Unix socket in the folder of its <see cref="CertificateStore"/>. Default true; without such a store there is none.</summary>
    public ReverseProxyBuilder UseControlSocket(bool use)
    {
        _options.ControlSocket = use;
        return this;
    }

    /// <summary>The configuration to start with.</summary>
    public ReverseProxyBuilder UseConfig(ProxyConfig config)
    {
        _config = config;
        return this;
    }

    /// <summary>Where the proxy speaks to its operator. Default: nowhere.</summary>
    public ReverseProxyBuilder UseLogging(ILoggerFactory factory)
    {
        _options.Logger = factory.CreateLogger("PipeProxy");
        return this;
    }

    /// <summary>What an access log to <c>-</c> is written to; stays open. Default: none, and such a log is refused.</summary>
    public ReverseProxyBuilder UseAccessLogOutput(Stream output)
    {
        _options.AccessLogOutput = output;
        return this;
    }

    /// <summary>Event loops, each one thread. Default 0: one per processor.</summary>
    public ReverseProxyBuilder UseLoops(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _options.Loops = count;
        return this;
    }

    /// <summary>What moves bytes. Default: <c>epoll</c> on Linux, <c>sockets</c> elsewhere.</summary>
    /// <exception cref="PlatformNotSupportedException">From <see cref="Build"/>: this system has no such transport.</exception>
    public ReverseProxyBuilder UseTransport(TransportKind transport)
    {
        _options.Transport = transport;
        return this;
    }

    /// <summary>The clock of every deadline and every validity. Default <see cref="TimeProvider.System"/>.</summary>
    public ReverseProxyBuilder UseTimeProvider(TimeProvider time)
    {
        _options.Time = time;
        return this;
    }

    /// <summary>Sizes of reading buffers; tests make them tiny.</summary>
    internal ReverseProxyBuilder UseBufferSizes(BufferSizes sizes, TransportOptions transport)
    {
        _options.BufferSizes = sizes;
        _options.TransportSizes = transport;
        return this;
    }

    /// <summary>Asks for names; a test's own, in the place of the system's resolver.</summary>
    internal ReverseProxyBuilder UseResolver(Func<string, Task<IPAddress[]>> ask)
    {
        _options.Ask = ask;
        return this;
    }

    /// <summary>Puts a simulation's parts in the place of sockets, threads and TLS.</summary>
    internal ReverseProxyBuilder UseSimulation(SimulatedParts parts)
    {
        _options.Simulated = parts;
        return this;
    }

    /// <summary>A proxy that is not started yet.</summary>
    public ReverseProxy Build() => new(_config with { Listeners = [.. _config.Listeners, .. _listeners] }, _options with { });
}

/// <summary>What a builder gathered besides the configuration.</summary>
internal sealed record ProxyOptions
{
    public ICertificateSource? Certificates { get; set; }

    public bool ControlSocket { get; set; } = true;

    public ILogger Logger { get; set; } = NullLogger.Instance;

    public Stream? AccessLogOutput { get; set; }

    public int Loops { get; set; }

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public BufferSizes BufferSizes { get; set; } = BufferSizes.Default;

    public TransportOptions TransportSizes { get; set; } = TransportOptions.Default;

    public TransportKind Transport { get; set; }

    public Func<string, Task<IPAddress[]>>? Ask { get; set; }

    public SimulatedParts? Simulated { get; set; }
}
