using System.CommandLine;
using PipeProxy.LoadTest;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.Tests.LoadTest;

public sealed class IntervalTests
{
    [Theory]
    [InlineData("100us", "0.1ms")]
    [InlineData("9.9ms", "9.9ms")]
    public void IntervalThatIsMostlyItsOwnEnd_IsRefused(string interval, string currently)
    {
        var wrong = Assert.Throws<UsageException>(() => Read(interval));
        Assert.Equal($"--interval takes a time from 10ms (currently {currently}).", Assert.Single(wrong.Messages));
    }

    [Fact]
    public void ShortestInterval_IsTaken() => Assert.Equal(TimeSpan.FromMilliseconds(10), Read("10ms").Interval);

    [Fact]
    public void LongestTime_AddsUpWithAMoment() => Assert.True(Clock.Now + Clock.Of(TimeSpan.MaxValue) > Clock.Now);

    private static LoadPlan Read(string interval)
    {
        RunOptions options = new();
        Command command = new("test");
        options.AddTo(command);
        return options.Read(command.Parse(["http://a/", "--interval", interval]));
    }
}
