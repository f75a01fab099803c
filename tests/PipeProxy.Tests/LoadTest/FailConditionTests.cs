using PipeProxy.LoadTest;

namespace PipeProxy.Tests.LoadTest;

public sealed class FailConditionTests
{
    [Theory]
    [InlineData("p50>499ms", true)]
    [InlineData("p50>501ms", false)]
    [InlineData(" p99 >= 0.98s ", true)]
    [InlineData("p99.9<900ms", false)]
    [InlineData("p99.999<=1.1s", true)]
    [InlineData("mean>400ms", true)]
    [InlineData("min<1.1ms", true)]
    [InlineData("max>2s", false)]
    [InlineData("rate<101", true)]
    [InlineData("rate<100", false)]
    [InlineData("rate>0", true)]
    [InlineData("rate<0.2k", true)]
    [InlineData("requests=1000", true)]
    [InlineData("requests<1.1k", true)]
    [InlineData("unsent=0", true)]
    [InlineData("unsent>0", false)]
    [InlineData("waiting>1.9s", true)]
    [InlineData("waiting>2s", false)]
    [InlineData("errors>11", true)]
    [InlineData("errors>12", false)]
    [InlineData("error-rate>1%", true)]
    [InlineData("error-rate>0.02", false)]
    [InlineData("cpu>1.9ms", true)]
    [InlineData("cpu:proxy>2.1ms", false)]
    public void Condition_HoldsOrNot(string text, bool holds)
    {
        Assert.True(FailCondition.TryParse(text, out var condition, out var wrong), wrong);
        Assert.Equal(holds, condition.Holds(SampleResult.Make(), out var measured));
        Assert.Contains(" is ", measured, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("p99")]
    [InlineData("p99>")]
    [InlineData(">5ms")]
    [InlineData("p99>5")]
    [InlineData("p99>5 parsecs")]
    [InlineData("p98>5ms")]
    [InlineData("p99!5ms")]
    [InlineData("p99>>5ms")]
    [InlineData("p99>-5ms")]
    [InlineData("rate>5ms")]
    [InlineData("errors>many")]
    [InlineData("errors>5/s")]
    [InlineData("waiting>1")]
    [InlineData("errors>1%")]
    [InlineData("error-rate>1/100")]
    [InlineData("rate:proxy>5")]
    [InlineData("cpu:>5us")]
    public void WrongCondition_IsRefusedAndQuoted(string text)
    {
        Assert.False(FailCondition.TryParse(text, out _, out var wrong));
        Assert.Contains($"'{text}'", wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("p99>1ms", true)]
    [InlineData("cpu>1us", true)]
    [InlineData("cpu:proxy>1us", true)]
    [InlineData("cpu:other>1us", false)]
    public void CpuOfAProcess_NeedsTheProcess(string text, bool judged)
    {
        Assert.True(FailCondition.TryParse(text, out var condition, out _));
        Assert.Equal(judged, condition.CanBeJudged(["proxy"]));
    }
}
