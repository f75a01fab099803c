using System.Diagnostics;
using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class LoopLagTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1000)]
    [InlineData(123_456)]
    [InlineData(59_999_999)]
    public void Quantile_IsExactToSixPercent(long microseconds)
    {
        var lag = new LoopLag();
        lag.Record(microseconds * Stopwatch.Frequency / 1_000_000);

        Assert.InRange(LoopLag.Quantile(lag.Read(), 0.5).TotalMicroseconds, microseconds * 0.999, (microseconds * 1.0626) + 0.001);
    }

    [Fact]
    public void Quantiles_FollowTheRank()
    {
        var lag = new LoopLag();
        for (var i = 0; i < 99; i++)
        {
            lag.Record(0);
        }

        lag.Record(Stopwatch.Frequency);
        Assert.Equal(TimeSpan.Zero, LoopLag.Quantile(lag.Read(), 0.99));
        Assert.InRange(LoopLag.Quantile(lag.Read(), 1).TotalSeconds, 1, 1.07);
    }

    [Fact]
    public void NothingCounted_IsZero() => Assert.Equal(TimeSpan.Zero, LoopLag.Quantile(new LoopLag().Read(), 0.99));

    [Fact]
    public void LongerThanAMinute_CountsAsAMinute()
    {
        var lag = new LoopLag();
        lag.Record(Stopwatch.Frequency * 3600);
        Assert.InRange(LoopLag.Quantile(lag.Read(), 1).TotalSeconds, 60, 64);
    }
}
