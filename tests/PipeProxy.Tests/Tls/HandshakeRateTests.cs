using Microsoft.Extensions.Time.Testing;
using PipeProxy.Tls;

namespace PipeProxy.Tests.Tls;

public sealed class HandshakeRateTests
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void NoBound_NoWait()
    {
        var rate = new HandshakeRate(_time);

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Equal(TimeSpan.Zero, rate.Take(Within)));
    }

    [Fact]
    public void Turns_ComeAtTheRateAndNoneTooLate()
    {
        var rate = new HandshakeRate(_time) { PerSecond = 10 };

        var waits = Enumerable.Range(0, 60).Select(_ => rate.Take(Within)).ToList();

        Assert.Equal(TimeSpan.Zero, waits[0]);
        Assert.Equal(TimeSpan.FromMilliseconds(100), waits[1]);
        Assert.Equal(TimeSpan.FromSeconds(5), waits[50]);
        Assert.All(waits.Skip(51), static wait => Assert.Null(wait));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(4100), rate.Take(Within));
    }

    [Fact]
    public void ATenthOfASecondsWorth_MayBeginAtOnce()
    {
        var rate = new HandshakeRate(_time) { PerSecond = 1000 };
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(100, Enumerable.Range(0, 200).Count(_ => rate.Take(Within) == TimeSpan.Zero));
    }
}
