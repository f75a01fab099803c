using System.Diagnostics.Metrics;

namespace PipeProxy.Telemetry;

/// <summary>A proxy's metrics: the meter <c>PipeProxy</c>, names and units as OpenTelemetry's semantic conventions have them.</summary>
/// <remarks>
/// Loops count in their <see cref="LoopCounters"/> and know no instrument; observable instruments add them up when a listener collects.
/// Each proxy has its own meter, so that several in one process are told apart.
/// </remarks>
internal sealed class ProxyMetrics : IDisposable
{
    private static readonly (UpstreamPhase Phase, KeyValuePair<string, object?> Tag)[] Phases =
    [
        (UpstreamPhase.Connecting, new("pipeproxy.upstream.state", "connecting")),
        (UpstreamPhase.Unconfirmed, new("pipeproxy.upstream.state", "unconfirmed")),
        (UpstreamPhase.Idle, new("pipeproxy.upstream.state", "idle")),
        (UpstreamPhase.Busy, new("pipeproxy.upstream.state", "busy")),
        (UpstreamPhase.Draining, new("pipeproxy.upstream.state", "draining")),
    ];

    private static readonly (HandshakeResult Result, KeyValuePair<string, object?> Tag)[] Results =
    [
        (HandshakeResult.Completed, new("pipeproxy.handshake.result", Outcome.Completed.Name)),
        (HandshakeResult.TlsAlertReceived, new("pipeproxy.handshake.result", Outcome.TlsAlertReceived.Name)),
        (HandshakeResult.TlsCertificateError, new("pipeproxy.handshake.result", Outcome.TlsCertificateError.Name)),
        (HandshakeResult.TlsProtocolError, new("pipeproxy.handshake.result", Outcome.TlsProtocolError.Name)),
        (HandshakeResult.HandshakeTimeout, new("pipeproxy.handshake.result", Outcome.HandshakeTimeout.Name)),
        (HandshakeResult.CertificateNotRequested, new("pipeproxy.handshake.result", Outcome.CertificateNotRequested.Name)),
        (HandshakeResult.Failed, new("pipeproxy.handshake.result", "failed")),
    ];

    private static readonly (double Share, string Text)[] LagQuantiles = [(0.5, "0.5"), (0.99, "0.99"), (1, "1")];

    private readonly TimeProvider _time;
    private readonly LoopCounters[] _loops;
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Lock _lock = new();
    private AccessLog? _accessLog;
    private long _droppedBefore;
    private IReadOnlyList<CertificateExpiry> _certificates = [];
    private Func<bool>? _isReady;
    private IReadOnlyList<LoopLag> _lags = [];
    private long[][] _lagsBefore = [];

    /// <param name="loops">How many loops there are.</param>
    /// <param name="time">The clock that certificates expire by.</param>
    /// <param name="factory">Makes the meter, and owns it; null: the meter is made and disposed of here.</param>
    public ProxyMetrics(int loops, TimeProvider time, IMeterFactory? factory = null)
    {
        _time = time;
        _loops = [.. Enumerable.Range(0, loops).Select(static _ => new LoopCounters())];
        _ownsMeter = factory is null;
        _meter = factory is null ? new Meter("PipeProxy", VersionText) : factory.Create("PipeProxy", VersionText);
        Durations = new RequestDurations(_meter);
        CreateObservables();
    }

    /// <summary>The meter, for a listener that wants this proxy's alone.</summary>
    public Meter Meter => _meter;

    /// <summary>The duration of requests.</summary>
    public RequestDurations Durations { get; }

    /// <summary>What happens to pools of origin connections now and then.</summary>
    public UpstreamTotals Upstreams { get; } = new();

    private static string? VersionText => typeof(ProxyMetrics).Assembly.GetName().Version?.ToString(3);

    /// <summary>The counters of the loop with that index; the loop alone may write them.</summary>
    public LoopCounters ForLoop(int index) => _loops[index];

    /// <summary>Counts what <paramref name="log"/> drops from now on, added to what the one before it dropped. Call it before that one is disposed of.</summary>
    public void Use(AccessLog? log)
    {
        lock (_lock)
        {
            _droppedBefore += _accessLog?.Dropped ?? 0;
            _accessLog = log;
        }
    }

    /// <summary>The certificates whose expiry is shown; replaces the ones before.</summary>
    public void Use(IReadOnlyList<CertificateExpiry> certificates) => Volatile.Write(ref _certificates, certificates);

    /// <summary>Shows whether some route can be served.</summary>
    public void UseReadiness(Func<bool> isReady) => Volatile.Write(ref _isReady, isReady);

    /// <summary>Shows how long these loops keep their events waiting.</summary>
    public void Use(IReadOnlyList<LoopLag> lags)
    {
        lock (_lock)
        {
            (_lags, _lagsBefore) = (lags, [.. lags.Select(static lag => lag.Read())]);
        }
    }

    /// <summary>Ends the meter: listeners are told that its instruments are gone.</summary>
    public void Dispose()
    {
        if (_ownsMeter)
        {
            _meter.Dispose();
        }
    }

    private void CreateObservables()
    {
        // The conventions tag active requests by method and scheme. Counting per loop and tag would put a lookup on the hot path for a
        // split that the duration has already, so this is the sum.
        _meter.CreateObservableUpDownCounter("http.server.active_requests", () => Sum(static loop => loop.ActiveRequests), "{request}", "Requests under way.");
        _meter.CreateObservableUpDownCounter("pipeproxy.client.connections", () => Sum(static loop => loop.ClientConnections), "{connection}", "Connections of clients.");
        _meter.CreateObservableUpDownCounter("pipeproxy.upstream.connections", ObserveUpstreamConnections, "{connection}", "Connections to origins, by state.");
        _meter.CreateObservableCounter("pipeproxy.upstream.handshakes", ObserveHandshakes, "{handshake}", "TLS handshakes with origins that ended, by result.");
        _meter.CreateObservableCounter("pipeproxy.upstream.breaker.opened", () => Upstreams.BreakersOpened, "{breaker}", "Breakers that opened: an origin refused certificates, or its own was refused, so many times in a row.");
        _meter.CreateObservableCounter("pipeproxy.upstream.breaker.refused", () => Upstreams.RefusedByBreakers, "{request}", "Requests that an open breaker refused.");
        _meter.CreateObservableCounter("pipeproxy.upstream.prewarm.failures", () => Upstreams.FailedAhead, "{connection}", "Connections that could not be opened ahead of requests, or were refused before one took them.");
        _meter.CreateObservableCounter("pipeproxy.upstream.handshakes.held_back", () => Upstreams.HeldBack, "{handshake}", "Handshakes that the bounds on their rate did not allow in time.");
        _meter.CreateObservableCounter("pipeproxy.accesslog.dropped", ObserveDropped, "{entry}", "Requests that are not in the access log.");
        _meter.CreateObservableGauge("pipeproxy.loop.lag", ObserveLags, "s", "How long an event waited at most for its loop, since the last collection, by quantile.");
        _meter.CreateObservableGauge("pipeproxy.ready", () => Volatile.Read(ref _isReady) is { } ready ? [new Measurement<int>(ready() ? 1 : 0)] : Array.Empty<Measurement<int>>(), unit: "1", description: "1 while some route can be served, 0 while every route's certificate is unusable.");
        _meter.CreateObservableGauge("pipeproxy.certificate.expiry", ObserveExpiry, "s", "Time until a client certificate expires; negative afterwards.");
    }

    private IEnumerable<Measurement<long>> ObserveUpstreamConnections()
    {
        foreach (var (phase, tag) in Phases)
        {
            yield return new Measurement<long>(Sum(loop => loop.UpstreamConnections(phase)), tag);
        }
    }

    private IEnumerable<Measurement<long>> ObserveHandshakes()
    {
        foreach (var (result, tag) in Results)
        {
            yield return new Measurement<long>(Sum(loop => loop.HandshakesEnded(result)), tag);
        }
    }

    private long ObserveDropped()
    {
        lock (_lock)
        {
            return _droppedBefore + (_accessLog?.Dropped ?? 0);
        }
    }

    private IEnumerable<Measurement<double>> ObserveExpiry()
    {
        var now = _time.GetUtcNow();
        foreach (var certificate in Volatile.Read(ref _certificates))
        {
            yield return new Measurement<double>((certificate.NotAfter - now).TotalSeconds, new KeyValuePair<string, object?>("pipeproxy.certificate.name", certificate.Name));
        }
    }

    // A histogram has no observable form, so what a collection sees are quantiles of what came since the one before.
    private List<Measurement<double>> ObserveLags()
    {
        var measured = new List<Measurement<double>>();
        lock (_lock)
        {
            for (var i = 0; i < _lags.Count; i++)
            {
                var counts = _lags[i].Read();
                var before = _lagsBefore[i];
                _lagsBefore[i] = counts;
                var since = counts.Zip(before, static (now, then) => now - then).ToArray();
                foreach (var (share, text) in LagQuantiles)
                {
                    measured.Add(new Measurement<double>(LoopLag.Quantile(since, share).TotalSeconds, new("pipeproxy.loop", i), new("quantile", text)));
                }
            }
        }

        return measured;
    }

    private long Sum(Func<LoopCounters, long> read) => _loops.Sum(read);
}

/// <summary>When a named client certificate expires.</summary>
internal readonly record struct CertificateExpiry(string Name, DateTimeOffset NotAfter)
{
    /// <summary>The beginning of its validity, before which nobody is told of the end.</summary>
    public DateTimeOffset NotBefore { get; init; }
}
