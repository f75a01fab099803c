using Microsoft.Extensions.Logging;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Connections;
using PipeProxy.Forwarding;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy;

/// <summary>A reverse proxy: listens, routes, and presents each route's client certificate to its origin.</summary>
/// <remarks>
/// Any thread may call any method; applying and stopping take turns. No static state: a process may hold several. All the parts are
/// put together here and nowhere else; how they work together per request is told in <c>Forwarding/Forwarder.cs</c>.
/// </remarks>
public sealed partial class ReverseProxy : IAsyncDisposable
{
    private readonly ProxyOptions _options;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<ClientListener> _listeners = [];

    // Taken out by a reload, with connections that still end.
    private readonly List<ClientListener> _leaving = [];
    private readonly EventLoop[] _loops;
    private readonly ProxyMetrics _metrics;
    private readonly HandshakeWorkers _workers;

    // Of their own: clients that connect and say nothing must not take the places of handshakes with origins.
    private readonly HandshakeWorkers _clientWorkers;
    private readonly HandshakeRate _handshakeRate;
    private readonly OriginResolver _resolver;
    private readonly UpstreamPool _pool;
    private readonly DnsFollower _follower;
    private readonly RequestDispatcher _dispatcher;
    private readonly ConnectionServices _services;
    private readonly TlsAcceptor _tlsAcceptor;
    private readonly CertificateSources _certificates;
    private readonly FailureRecorder _failures;
    private readonly ExpiryLog _expiry;

    // The moment at which a certificate becomes or ceases to be the one to present.
    private readonly ITimer _validity;
    private IDisposable? _certificateWatch;
    private ProxyConfig _config;
    private State _state;

    internal ReverseProxy(ProxyConfig config, ProxyOptions options)
    {
        _config = config;
        _options = options;
        _certificates = new CertificateSources(options.Certificates ?? (config.CertificateStore is { } folder ? new CertificateStore(folder) : new InMemoryCertificateSource()), options.Time);
        _loops = new EventLoop[options.Loops > 0 ? options.Loops : Environment.ProcessorCount];
        for (var i = 0; i < _loops.Length; i++)
        {
            _loops[i] = new EventLoop(i, new EventLoopOptions { Time = options.Time, Transport = options.Transport, Sizes = options.TransportSizes, MakeTransport = options.Simulated?.MakeTransport, OnUnhandledException = ReportBug });
        }

        _metrics = new ProxyMetrics(_loops.Length, options.Time);
        _metrics.Use([.. _loops.Select(static loop => loop.Lag)]);
        _metrics.UseReadiness(() => Readiness.IsReady);
        _workers = new HandshakeWorkers(onUnhandledException: ReportBug);

        // Without a bound on how many are under way: a client that stalls in its handshake takes nobody's place, and its deadline ends it.
        _clientWorkers = new HandshakeWorkers(limit: int.MaxValue, onUnhandledException: ReportBug);
        _handshakeRate = new HandshakeRate(options.Time);
        _resolver = new OriginResolver(config.Resolve, config.DnsRefresh, options.Time, options.Ask);
        _pool = new UpstreamPool(
            _loops,
            new UpstreamDialer(_resolver, new TlsConnector(_workers, options.Simulated?.Handshake)),
            _metrics,
            options.Time,
            options.BufferSizes,
            options.Logger,
            options.Simulated?.Keys,
            options.Simulated?.Mistake ?? PlantedMistake.None);
        _follower = new DnsFollower(_resolver, () => _pool.Pools, options.Time);
        _dispatcher = new RequestDispatcher(new Forwarder(_pool), new ForwardingTable(Routing.RouteTable.Build([]), [], []));
        _services = new ConnectionServices(_dispatcher, ConnectionSettings.Of(config), options.BufferSizes, options.Logger, _metrics, Report);
        _tlsAcceptor = new TlsAcceptor(_clientWorkers, _handshakeRate);
        _failures = new FailureRecorder(options.Time);
        _expiry = new ExpiryLog(options.Time, options.Logger);
        _validity = options.Time.CreateTimer(static self => ((ReverseProxy)self!).OnValidity(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private enum State
    {
        Built,
        Running,
        Stopped,
    }

    /// <summary>Addresses being listened on, with the ports really taken. Empty before <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<string> Urls
    {
        get
        {
            lock (_listeners)
            {
                return [.. _listeners.Select(static listener => listener.BoundUrl)];
            }
        }
    }

    /// <summary>Client connections that were admitted and have not ended.</summary>
    internal int OpenClients => _services.Counts.Open;

    /// <summary>Blocks of memory that are out, on all loops; nobody's when no connection does anything.</summary>
    internal int RentedBlocks => _loops.Sum(static loop => loop.Memory.Rented);

    /// <summary>The configuration in force.</summary>
    public ProxyConfig Config => Volatile.Read(ref _config);

    /// <summary>What was said about the configuration in force when it was applied: warnings, and routes that answer 522.</summary>
    public IReadOnlyList<ConfigurationError> Warnings { get; private set; } = [];

    /// <summary>The last failures on the way to origins (name, connection, TLS) and answers that may be about a certificate, identical ones counted; the latest first. A snapshot.</summary>
    public IReadOnlyList<OriginFailure> RecentFailures => _failures.Snapshot();

    /// <summary>The pools of origin connections: one per origin and identity, those that were retired and still drain among them. A snapshot.</summary>
    public IReadOnlyList<PoolSnapshot> Pools => [.. _pool.AllPools.Select(static pool => pool.Snapshot())];

    /// <summary>Says what is wrong with <paramref name="config"/> and the certificates that it names, without serving it.</summary>
    public static IReadOnlyList<ConfigurationError> Check(ProxyConfig config, ICertificateSource certificates)
    {
        var errors = new List<ConfigurationError>();
        LoadTrust(config, errors);
        CheckAddresses(config, errors);
        LoadListenerCertificates(config, errors, TimeProvider.System.GetUtcNow(), static _ => null);
        Routing.RouteTable.TryBuild(config.Routes, errors);
        errors.AddRange(CheckCertificates(config, certificates));
        return errors;
    }

    /// <summary>The part of <see cref="Check"/> that holds the routes' client certificates against those that there are.</summary>
    public static IReadOnlyList<ConfigurationError> CheckCertificates(ProxyConfig config, ICertificateSource certificates)
    {
        var errors = new List<ConfigurationError>();
        CertificateCheck.Run(config, CertificateSources.LoadOnce(certificates, config), TimeProvider.System.GetUtcNow(), errors);
        return errors;
    }

    /// <summary>Says why the access log of <paramref name="config"/> could not be opened; nothing is opened or created. Not a part of <see cref="Check"/>: a proxy that has the log open goes on writing to it.</summary>
    public static IReadOnlyList<ConfigurationError> CheckAccessLog(ProxyConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var errors = new List<ConfigurationError>();
        AccessLogCheck.Run(config, errors);
        return errors;
    }

    /// <summary>Compiles the configuration, listens, and serves from then on.</summary>
    /// <exception cref="ConfigurationRefusedException">Something in the configuration or its certificates is wrong; every error is named.</exception>
    /// <exception cref="ListenFailedException">An address is in use or not ours.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_state != State.Built)
        {
            _turn.Release();
            throw new InvalidOperationException("A proxy starts once.");
        }

        try
        {
            foreach (var loop in _loops)
            {
                loop.Start();
            }

            _state = State.Running;

            // Watching comes before reading: a change in between is told and read again.
            _certificateWatch = _certificates.OnChange(OnCertificatesChanged);
            var result = await ApplyCoreAsync(_config).ConfigureAwait(false);
            if (!result.Applied)
            {
                throw new ConfigurationRefusedException(result.Errors);
            }

            OpenControl();
        }
        catch
        {
            await EndAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Puts <paramref name="config"/> in force, whole or not at all. Connections whose identity is unchanged stay.</summary>
    /// <returns>Whether it is in force, and every error and warning.</returns>
    public async Task<ApplyResult> ApplyAsync(ProxyConfig config, CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_state != State.Running, this);
            return await ApplyCoreAsync(config).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops listening, lets running requests end within <c>timeouts.drain</c>, then ends what is left.</summary>
    /// <param name="cancellationToken">Cuts the wait short: what is left ends at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        // No reload begins from here on; one under way ends first.
        _certificateWatch?.Dispose();
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_state == State.Running)
            {
                await DrainAsync(cancellationToken).ConfigureAwait(false);
            }

            await EndAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops without a drain if <see cref="StopAsync"/> has not been called.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await StopAsync(now.Token).ConfigureAwait(false);
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        var drained = Task.WhenAll(_listeners.Concat(_leaving).Select(static listener => listener.DrainAsync()));
        try
        {
            await drained.WaitAsync(_config.Timeouts.Drain, _options.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            LogCut(_options.Logger, _listeners.Concat(_leaving).Sum(static listener => listener.ConnectionCount));
        }
    }

    private async Task EndAsync()
    {
        if (_state == State.Stopped)
        {
            return;
        }

        var started = _state != State.Built;
        if (_control is { } control)
        {
            _control = null;
            await control.DisposeAsync().ConfigureAwait(false);
        }

        _state = State.Stopped;
        _certificateWatch?.Dispose();
        _expiry.Dispose();
        _validity.Dispose();
        _follower.Dispose();

        // Before the connections are cut: a request ends only when what it waits for does.
        _resolver.Stop();
        foreach (var listener in _listeners.Concat(_leaving))
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }

        _pool.RetireAllBut([]);
        foreach (var loop in _loops)
        {
            if (started)
            {
                await loop.StopAsync().ConfigureAwait(false);
            }
            else
            {
                loop.Discard();
            }
        }

        _workers.Dispose();
        _clientWorkers.Dispose();
        await CloseAccessLogAsync().ConfigureAwait(false);
        _metrics.Dispose();
    }

    private void ReportBug(Exception exception)
        => _options.Logger.LogError(exception, "A callback failed. This is a bug; please report it.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The drain's time is over; {Count} connections are cut.")]
    private static partial void LogCut(ILogger logger, int count);
}
