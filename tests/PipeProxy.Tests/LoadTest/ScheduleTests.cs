using PipeProxy.LoadTest.Load;

namespace PipeProxy.Tests.LoadTest;

public sealed class ScheduleTests
{
    private const long Start = 1_000_000_000_000;

    [Fact]
    public void Arrivals_AreEvenlySpacedFromTheStart()
    {
        Arrivals arrivals = new(ratePerSecond: 1000, phase: 0);
        Assert.False(arrivals.TryTake(long.MaxValue - 1, out _));
        arrivals.Start(Start);
        Assert.True(arrivals.TryTake(Start, out var first));
        Assert.False(arrivals.TryTake(Start + 999_999, out _));
        Assert.True(arrivals.TryTake(Start + 1_000_000, out var second));
        Assert.Equal([Start, Start + 1_000_000], [first, second]);
    }

    [Fact]
    public void ArrivalsAfterAStall_KeepTheMomentsTheyWereMeantFor()
    {
        Arrivals arrivals = new(1000, 0);
        arrivals.Start(Start);
        var late = Start + (5 * Clock.Millisecond);
        Assert.Equal(6, arrivals.Overdue(late));
        List<long> taken = [];
        while (arrivals.TryTake(late, out var intended))
        {
            taken.Add((intended - Start) / Clock.Millisecond);
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], taken);
        Assert.Equal(0, arrivals.Overdue(late));
    }

    [Fact]
    public void ArrivalsOfADuration_AreAlwaysAsMany()
    {
        Arrivals arrivals = new(300, 0);
        arrivals.Start(Start);
        arrivals.EndAt(Start + (2 * Clock.Second));
        var count = 0;
        while (arrivals.TryTake(long.MaxValue - 1, out _))
        {
            count++;
        }

        Assert.Equal((600, long.MaxValue, 0L), (count, arrivals.Next, arrivals.Overdue(long.MaxValue - 1)));
    }

    [Fact]
    public void ArrivalsThatAreSkipped_AreNotDueAnyMore()
    {
        Arrivals arrivals = new(1000, 0);
        arrivals.Start(Start);
        arrivals.TryTake(Start, out _);
        var begin = Start + (1500 * Clock.Millisecond);
        arrivals.Skip(begin);
        arrivals.EndAt(begin + Clock.Second);
        Assert.Equal((1L, begin), (arrivals.Overdue(begin), arrivals.Next));
        Assert.Equal(1000, arrivals.Overdue(long.MaxValue - 1));
    }

    [Fact]
    public void LimitedArrivals_End()
    {
        Arrivals arrivals = new(1000, 0.5);
        arrivals.Start(Start);
        arrivals.TryTake(Start + Clock.Second, out _);
        arrivals.Limit(2);
        Assert.Equal(2, arrivals.Overdue(Start + Clock.Second));
        Assert.True(arrivals.TryTake(Start + Clock.Second, out _) && arrivals.TryTake(Start + Clock.Second, out _));
        Assert.Equal(long.MaxValue, arrivals.Next);
    }

    [Fact]
    public void RateThatIsNoWholeNumberOfNanoseconds_DoesNotDrift()
    {
        Arrivals arrivals = new(3000, 0);
        arrivals.Start(Start);
        long last = 0;
        for (var i = 0; i <= 300_000; i++)
        {
            arrivals.TryTake(long.MaxValue - 1, out last);
        }

        Assert.Equal(Start + (100 * Clock.Second), last);
    }

    [Theory]
    [InlineData(new[] { 1 }, new[] { 0 })]
    [InlineData(new[] { 1, 1 }, new[] { 0, 1 })]
    [InlineData(new[] { 5, 1, 1 }, new[] { 0, 0, 1, 0, 2, 0, 0 })]
    [InlineData(new[] { 20, 10 }, new[] { 0, 1, 0 })]
    public void TargetCycle_SpreadsTargetsByWeight(int[] weights, int[] cycle) => Assert.Equal(cycle, TargetCycle.Of(weights));

    [Theory]
    [InlineData(10, new[] { 1.0, 1.0, 1.0 }, 0, new long[] { 4, 3, 3 })]
    [InlineData(7, new[] { 3.0, 1.0 }, 0, new long[] { 5, 2 })]
    [InlineData(3, new[] { 100.0, 1.0, 1.0 }, 1, new long[] { 1, 1, 1 })]
    [InlineData(0, new[] { 1.0, 2.0 }, 0, new long[] { 0, 0 })]
    public void Shares_AddUp(long total, double[] weights, long atLeast, long[] parts) => Assert.Equal(parts, Shares.Of(total, weights, atLeast));
}
