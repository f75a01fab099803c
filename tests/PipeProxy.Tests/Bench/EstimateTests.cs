using PipeProxy.Comparison;

namespace PipeProxy.Tests.Bench;

public sealed class EstimateTests
{
    [Theory]
    [InlineData(new[] { 3.0, 1.0, 2.0 }, 2.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 3.0 }, 2.5)]
    [InlineData(new[] { 7.0 }, 7.0)]
    [InlineData(new[] { 1.0, double.NaN, 3.0, double.PositiveInfinity, 5.0 }, 3.0)]
    public void Median_IsOfTheNumbers(double[] values, double median) => Assert.Equal(median, Estimate.Of(values).Median);

    [Fact]
    public void NothingMeasured_HasNoMedian()
    {
        var nothing = Estimate.Of([double.NaN]);

        Assert.Equal(0, nothing.Count);
        Assert.True(double.IsNaN(nothing.Median));
    }

    // The ranks of textbooks' tables for a median's 95 % interval: n = 6 takes the extremes, n = 9 the second, n = 20 the sixth.
    [Theory]
    [InlineData(6, 1, 6, 0.96875)]
    [InlineData(9, 2, 8, 0.9609375)]
    [InlineData(20, 6, 15, 0.9586)]
    [InlineData(100, 40, 61, 0.9648)]
    [InlineData(1200, 566, 635, 0.9537)]
    public void Interval_IsOfTheInnermostRanksThatReach95Percent(int n, double low, double high, double coverage)
    {
        var estimate = Estimate.Of(Enumerable.Range(1, n).Select(static value => (double)value).Reverse());

        Assert.Equal((low, high), (estimate.Low, estimate.High));
        Assert.Equal(coverage, estimate.Coverage, 4);
    }

    [Theory]
    [InlineData(5, 0.9375)]
    [InlineData(2, 0.5)]
    [InlineData(1, 0)]
    public void TooFewRounds_SayWhatTheExtremesReach(int n, double coverage)
    {
        var estimate = Estimate.Of(Enumerable.Range(1, n).Select(static value => (double)value));

        Assert.Equal((1.0, n), (estimate.Low, estimate.High));
        Assert.Equal(coverage, estimate.Coverage, 6);
    }

    [Fact]
    public void Interval_HoldsTheMedianAsOftenAsItSays()
    {
        var random = new Random(20261126);
        const int Trials = 4000;
        var held = Enumerable.Range(0, Trials).Count(_ =>
        {
            // Skewed, as latencies are; its median is 1.
            var estimate = Estimate.Of(Enumerable.Range(0, 9).Select(_ => Math.Exp(2 * Normal(random))));
            return estimate.Low <= 1 && estimate.High >= 1;
        });

        Assert.Equal(Estimate.CoverageOf(2, 9), (double)held / Trials, 0.02);
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
