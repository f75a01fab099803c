using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Turns;

namespace PipeProxy.Tests.LoadTest;

public sealed class TurnProcessTests
{
    [Fact]
    public void TurnWhoseProcessHasEnded_IsLost()
    {
        var latency = LatencySummary.Of(SampleResult.Make().Total.Latency);
        TurnResult good = new(0, "a", DateTimeOffset.UnixEpoch, Seconds: 0.1, Requests: 10, Errors: 0, CpuSeconds: 0.01, latency, Reason: null);
        Assert.True(good.IsGood);
        Assert.False((good with { CpuSeconds = double.NaN, Reason = "process 1 has ended" }).IsGood);
    }
}
