using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class ExpiryLogTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Now);
    private readonly Lines _lines = new();
    private readonly ExpiryLog _log;

    public ExpiryLogTests() => _log = new ExpiryLog(_time, _lines);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void EachMark_IsToldOnceWhenItPasses()
    {
        _log.Use([new CertificateExpiry("a", Now.AddDays(40))]);
        Assert.Empty(_lines.Taken());

        Pass(TimeSpan.FromDays(10) - TimeSpan.FromMinutes(1));
        Assert.Empty(_lines.Taken());
        Pass(TimeSpan.FromMinutes(2));
        Assert.StartsWith("Warning: The client certificate 'a' expires on 2026-02-10 12:00 UTC, in 29 days; ", Assert.Single(_lines.Taken()), StringComparison.Ordinal);
        Pass(TimeSpan.FromDays(22));
        Assert.Empty(_lines.Taken());
        Pass(TimeSpan.FromDays(1));
        Assert.Contains(", in 6 days; ", Assert.Single(_lines.Taken()), StringComparison.Ordinal);
        Pass(TimeSpan.FromDays(6));
        Assert.StartsWith("Error: The client certificate 'a' expires on 2026-02-10 12:00 UTC, in 24 hours; ", Assert.Single(_lines.Taken()), StringComparison.Ordinal);
        Pass(TimeSpan.FromDays(1));
        Assert.StartsWith("Error: The client certificate 'a' expired on 2026-02-10 12:00 UTC; ", Assert.Single(_lines.Taken()), StringComparison.Ordinal);
        Pass(TimeSpan.FromDays(100));
        Assert.Empty(_lines.Taken());
    }

    [Fact]
    public void MarkThatHasPassed_IsToldAtOnceAndNotAgainAtAReload()
    {
        _log.Use([new CertificateExpiry("a", Now.AddDays(5))]);
        Assert.Contains("in 5 days", Assert.Single(_lines.Taken()), StringComparison.Ordinal);

        _log.Use([new CertificateExpiry("a", Now.AddDays(5)), new CertificateExpiry("b", Now.AddDays(100))]);
        Assert.Empty(_lines.Taken());
    }

    [Fact]
    public void CertificateThatIsNotValidYet_IsToldFromItsBeginningOn()
    {
        _log.Use([new CertificateExpiry("a", Now.AddDays(5)) { NotBefore = Now.AddDays(2) }]);
        Assert.Empty(_lines.Taken());
        Pass(TimeSpan.FromDays(2) - TimeSpan.FromMinutes(1));
        Assert.Empty(_lines.Taken());
        Pass(TimeSpan.FromMinutes(2));
        Assert.Contains(", in 2 days; ", Assert.Single(_lines.Taken()), StringComparison.Ordinal);
    }

    [Fact]
    public void RenewedCertificate_BeginsAnew()
    {
        _log.Use([new CertificateExpiry("a", Now.AddDays(5))]);
        _lines.Taken();

        _log.Use([new CertificateExpiry("a", Now.AddDays(31))]);
        Assert.Empty(_lines.Taken());
        Pass(TimeSpan.FromDays(2));
        Assert.Contains("'a' expires on 2026-02-01", Assert.Single(_lines.Taken()), StringComparison.Ordinal);
    }

    [Fact]
    public void NothingToLookAfter_IsNothingToTell()
    {
        _log.Use([new CertificateExpiry("a", Now.AddDays(31))]);
        _log.Use([]);
        Pass(TimeSpan.FromDays(40));
        Assert.Empty(_lines.Taken());
    }

    // In steps, as a clock goes: each timer fires at its own time.
    private void Pass(TimeSpan time)
    {
        for (; time > TimeSpan.FromMinutes(30); time -= TimeSpan.FromMinutes(30))
        {
            _time.Advance(TimeSpan.FromMinutes(30));
        }

        _time.Advance(time);
    }

    private sealed class Lines : ILogger
    {
        private readonly List<string> _lines = [];

        public List<string> Taken()
        {
            var taken = _lines.ToList();
            _lines.Clear();
            return taken;
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => _lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
