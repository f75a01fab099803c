using Microsoft.Extensions.Time.Testing;
using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class FailureRecorderTests
{
    private readonly Clock _time = new();
    private readonly FailureRecorder _recorder;

    public FailureRecorderTests() => _recorder = new FailureRecorder(_time);

    [Fact]
    public void IdenticalFailures_AreCountedAndToldOnceAMinute()
    {
        Assert.True(Record("a", 48, "first", out var untold));
        Assert.Equal(0, untold);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(Record("a", 48, "second", out _));
        Assert.False(Record("a", 48, "third", out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Record("a", 48, "fourth", out untold));
        Assert.Equal(2, untold);

        var entry = Assert.Single(_recorder.Snapshot());
        Assert.Equal(("https://a", "a-cert", "tls_alert_received", (byte?)48, "fourth", 4L), (entry.Origin, entry.Certificate, entry.Code, entry.Alert, entry.Detail, entry.Count));
        Assert.Equal(TimeSpan.FromSeconds(60), entry.Last - entry.First);
    }

    [Fact]
    public void ClockThatIsSetBack_SilencesNothingAndKeepsTheOrder()
    {
        Assert.True(Record("a", 48, "first", out _));
        _time.SetBack = TimeSpan.FromHours(1);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.True(Record("b", 48, "later", out _));
        Assert.Equal("https://b", _recorder.Snapshot()[0].Origin);
        Assert.True(Record("a", 48, "second", out _));
    }

    [Fact]
    public void DifferentFailures_HaveTheirOwnLines()
    {
        Assert.True(Record("a", 48, "x", out _));
        Assert.True(Record("a", 45, "x", out _));
        Assert.True(Record("b", 48, "x", out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(Record("a", 48, "x", out _));

        Assert.Equal(3, _recorder.Snapshot().Count);
        Assert.Equal("https://a", _recorder.Snapshot()[0].Origin);
    }

    [Fact]
    public void OldestEntry_MakesRoom()
    {
        for (var i = 0; i <= FailureRecorder.MaxEntries; i++)
        {
            Record($"origin-{i}", 48, "x", out _);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var kept = _recorder.Snapshot();
        Assert.Equal(FailureRecorder.MaxEntries, kept.Count);
        Assert.DoesNotContain(kept, static entry => entry.Origin == "https://origin-0");
        Assert.Equal($"https://origin-{FailureRecorder.MaxEntries}", kept[0].Origin);
    }

    private bool Record(string host, byte alert, string detail, out long untold)
        => _recorder.Record($"https://{host}", $"{host}-cert", "tls_alert_received", alert, static detail => new FailureText(detail, null, null), detail, out untold) is not null;

    /// <summary>Its time of day can be set, and its timestamps go on.</summary>
    private sealed class Clock() : FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
        public TimeSpan SetBack { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - SetBack;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
