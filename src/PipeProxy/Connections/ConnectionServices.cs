using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <summary>What all client connections of a proxy share. Any thread.</summary>
internal sealed class ConnectionServices(IRequestHandler handler, ConnectionSettings settings, BufferSizes bufferSizes, ILogger logger, ProxyMetrics metrics, Action<Exchange, EventLoop> report)
{
    private volatile ConnectionSettings _settings = settings;

    /// <summary>Who answers.</summary>
    public IRequestHandler Handler { get; } = handler;

    /// <summary>Limits and deadlines; swapped whole when a configuration is applied, read once per request.</summary>
    public ConnectionSettings Settings
    {
        get => _settings;
        set => _settings = value;
    }

    /// <summary>Sizes of reading buffers.</summary>
    public BufferSizes BufferSizes { get; } = bufferSizes;

    /// <summary>Where the proxy speaks to its operator.</summary>
    public ILogger Logger { get; } = logger;

    /// <summary>Exchanges not in use. Each holds the tables of two heads; more than this many at a time are made and dropped.</summary>
    public ObjectPool<Exchange> Exchanges { get; } = new DefaultObjectPool<Exchange>(new DefaultPooledObjectPolicy<Exchange>(), 4096);

    /// <summary>How many client connections there are.</summary>
    public ConnectionCounts Counts { get; } = new();

    /// <summary>What loops count.</summary>
    public ProxyMetrics Metrics { get; } = metrics;

    /// <summary>Called once for each request that ended, on its loop.</summary>
    public Action<Exchange, EventLoop> Report { get; } = report;
}
