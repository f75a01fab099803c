using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class ProxyMetricsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ProxyMetrics _metrics;
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _seen = [];
    private readonly Dictionary<string, Instrument> _instruments = [];

    public ProxyMetricsTests()
    {
        _metrics = new ProxyMetrics(2, _time);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, _metrics.Meter))
            {
                _instruments.Add(instrument.Name, instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => See(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => See(instrument, value, tags));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public void Instruments_CarryTheNamesAndUnitsOfOpenTelemetry()
    {
        _listener.Start();

        Assert.Equal(
            [
                ("http.server.active_requests", "{request}"),
                ("http.server.request.duration", "s"),
                ("pipeproxy.accesslog.dropped", "{entry}"),
                ("pipeproxy.certificate.expiry", "s"),
                ("pipeproxy.client.connections", "{connection}"),
                ("pipeproxy.loop.lag", "s"),
                ("pipeproxy.ready", "1"),
                ("pipeproxy.upstream.breaker.opened", "{breaker}"),
                ("pipeproxy.upstream.breaker.refused", "{request}"),
                ("pipeproxy.upstream.connections", "{connection}"),
                ("pipeproxy.upstream.handshakes", "{handshake}"),
                ("pipeproxy.upstream.handshakes.held_back", "{handshake}"),
                ("pipeproxy.upstream.prewarm.failures", "{connection}"),
            ],
            _instruments.Values.Select(static instrument => (instrument.Name, instrument.Unit!)).Order());
        Assert.Equal("PipeProxy", _metrics.Meter.Name);
        var duration = Assert.IsType<Histogram<double>>(_instruments["http.server.request.duration"]);
        Assert.Equal([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10], duration.Advice!.HistogramBucketBoundaries!);
    }

    [Fact]
    public void LoopsCount_InstrumentsAddThemUp()
    {
        _listener.Start();
        for (var loop = 0; loop < 2; loop++)
        {
            var counters = _metrics.ForLoop(loop);
            counters.RequestStarted();
            counters.RequestStarted();
            counters.RequestEnded();
            counters.ClientOpened();
            counters.ClientOpened();
            counters.ClientOpened();
            counters.ClientClosed();
            counters.UpstreamMoved(UpstreamPhase.None, UpstreamPhase.Connecting);
            counters.UpstreamMoved(UpstreamPhase.None, UpstreamPhase.Connecting);
            counters.UpstreamMoved(UpstreamPhase.None, UpstreamPhase.Connecting);
            counters.UpstreamMoved(UpstreamPhase.Connecting, UpstreamPhase.Busy);
            counters.UpstreamMoved(UpstreamPhase.Connecting, UpstreamPhase.None);
            counters.HandshakeEnded(null);
            counters.HandshakeEnded(Outcome.TlsAlertReceived);
            counters.HandshakeEnded(Outcome.ConnectionTerminated);
        }

        _listener.RecordObservableInstruments();

        Assert.Equal(2, _seen["http.server.active_requests"]);
        Assert.Equal(4, _seen["pipeproxy.client.connections"]);
        Assert.Equal(2, _seen["pipeproxy.upstream.connections pipeproxy.upstream.state=connecting"]);
        Assert.Equal(2, _seen["pipeproxy.upstream.connections pipeproxy.upstream.state=busy"]);
        Assert.Equal(0, _seen["pipeproxy.upstream.connections pipeproxy.upstream.state=idle"]);
        Assert.Equal(2, _seen["pipeproxy.upstream.handshakes pipeproxy.handshake.result=completed"]);
        Assert.Equal(2, _seen["pipeproxy.upstream.handshakes pipeproxy.handshake.result=tls_alert_received"]);
        Assert.Equal(2, _seen["pipeproxy.upstream.handshakes pipeproxy.handshake.result=failed"]);
        Assert.Equal(2, _metrics.ForLoop(0).RequestsEnded + _metrics.ForLoop(1).RequestsEnded);
    }

    [Fact]
    public void EveryPhaseAndResult_IsObserved()
    {
        _listener.Start();
        _listener.RecordObservableInstruments();

        Assert.Equal(Enum.GetValues<UpstreamPhase>().Length - 1, _seen.Keys.Count(static key => key.StartsWith("pipeproxy.upstream.connections", StringComparison.Ordinal)));
        Assert.Equal(Enum.GetValues<HandshakeResult>().Length, _seen.Keys.Count(static key => key.StartsWith("pipeproxy.upstream.handshakes ", StringComparison.Ordinal)));
    }

    [Fact]
    public void CertificatesSet_ExpiryIsSecondsFromNow()
    {
        _listener.Start();
        _metrics.Use([new CertificateExpiry("a", _time.GetUtcNow().AddHours(1)), new CertificateExpiry("b", _time.GetUtcNow().AddSeconds(-5))]);
        _time.Advance(TimeSpan.FromSeconds(1));
        _listener.RecordObservableInstruments();

        Assert.Equal(3599, _seen["pipeproxy.certificate.expiry pipeproxy.certificate.name=a"]);
        Assert.Equal(-6, _seen["pipeproxy.certificate.expiry pipeproxy.certificate.name=b"]);
    }

    [Fact]
    public async Task AccessLogReplaced_DroppedGoesOnGrowing()
    {
        _listener.Start();
        var config = new AccessLogConfig("-");
        for (var i = 1; i <= 2; i++)
        {
            await using var log = new AccessLog(config, AccessLogFile.Over(Stream.Null, NullLogger.Instance), _time, NullLogger.Instance, segmentBytes: 8);
            _metrics.Use(log);
            Assert.False(log.ForLoop().TryWrite(new AccessLogEntry { Outcome = Outcome.Completed }));
            _listener.RecordObservableInstruments();

            Assert.Equal(i, _seen["pipeproxy.accesslog.dropped"]);
        }
    }

    [Theory]
    [InlineData("GET", true, 200, "orders", "completed", "http.request.method=GET,url.scheme=https,http.response.status_code=200,http.route=orders")]
    [InlineData("BREW", false, 404, null, "no_route", "http.request.method=_OTHER,url.scheme=http,http.response.status_code=404,error.type=no_route")]
    [InlineData("PATCH", false, 503, "orders", "completed", "http.request.method=PATCH,url.scheme=http,http.response.status_code=503,http.route=orders,error.type=503")]
    [InlineData("", false, 0, null, "client_closed", "http.request.method=_OTHER,url.scheme=http,error.type=client_closed")]
    public void RequestEnds_DurationIsTagged(string method, bool secure, int status, string? route, string outcome, string tags)
    {
        _listener.Start();
        _metrics.Durations.Record(0.25, System.Text.Encoding.ASCII.GetBytes(method), secure, status, route, OutcomeOf(outcome));

        Assert.Equal(0.25, _seen[$"http.server.request.duration {tags}"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RequestEnds_AllocatesNothing(bool listening)
    {
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => EnableOwn(instrument, l) };
        var count = 0;
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => count++);
        if (listening)
        {
            listener.Start();
        }

        Assert.Equal(listening, _metrics.Durations.Enabled);
        var counters = _metrics.ForLoop(0);
        Run(counters, 5_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(counters, 20_000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(listening ? 25_000 : 0, count);
    }

    private void Run(LoopCounters counters, int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            counters.RequestStarted();
            counters.UpstreamMoved(UpstreamPhase.Idle, UpstreamPhase.Busy);
            _metrics.Durations.Record(0.001, "GET"u8, false, 503, "orders", Outcome.Completed);
            counters.UpstreamMoved(UpstreamPhase.Busy, UpstreamPhase.Idle);
            counters.RequestEnded();
        }
    }

    private void EnableOwn(Instrument instrument, MeterListener listener)
    {
        if (ReferenceEquals(instrument.Meter, _metrics.Meter))
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private void See(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var names = new List<string>();
        foreach (var tag in tags)
        {
            names.Add($"{tag.Key}={tag.Value}");
        }

        _seen[$"{instrument.Name} {string.Join(',', names)}".TrimEnd()] = value;
    }

    private static Outcome OutcomeOf(string name)
        => typeof(Outcome).GetFields().Select(static field => field.GetValue(null)).OfType<Outcome>().Single(outcome => outcome.Name == name);
}
