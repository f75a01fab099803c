using System.Text.Json;
using PipeProxy.LoadTest;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.Tests.LoadTest;

/// <summary>What looks right and would do nothing, or something else, is refused; what others wrote is shown without doing anything.</summary>
public sealed class BenchRefusalTests
{
    [Theory]
    [InlineData(" : y")]
    [InlineData(": y")]
    [InlineData("A : b")]
    [InlineData(" A: b")]
    [InlineData("A(b): c")]
    [InlineData("Ä: b")]
    [InlineData("A\u001b: b")]
    [InlineData("A: \u001b[31mb")]
    [InlineData("A: b\u007f")]
    [InlineData("A: b\u0001")]
    public async Task FieldOutsideTheGrammar_IsRefused(string field)
    {
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["http://h/", "-H", field]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("error: --header '", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', error);
    }

    [Theory]
    [InlineData("A: b\tc")]
    [InlineData("X-Any_!#$%&'*+.^`|~1:")]
    [InlineData("A: größer")]
    public async Task FieldWithinIt_IsTaken(string field)
    {
        // The next thing that is wrong.
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["https://h/", "-H", field, "--cert", "no-such.pem"]);
        Assert.True(exitCode == 1, error);
    }

    [Theory]
    [InlineData("error-rate>50", "did you mean '50%'?")]
    [InlineData("error-rate<1.5", "did you mean '1.5%'?")]
    [InlineData("error-rate>150%", "more than all requests")]
    [InlineData("error-rate>200", "more than all requests")]
    public void ShareOfMoreThanAll_IsRefusedWithAHint(string text, string hint)
    {
        Assert.False(FailCondition.TryParse(text, out _, out var wrong));
        Assert.Contains(hint, wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("error-rate>=1")]
    [InlineData("error-rate>=100%")]
    [InlineData("error-rate>0.5%")]
    public void ShareUpToAll_IsTaken(string text) => Assert.True(FailCondition.TryParse(text, out _, out _));

    [Theory]
    [InlineData("-n 1 --fail-if p99>1ms compare a b", "-n --fail-if")]
    [InlineData("http://h/ compare a b", "http://h/")]
    [InlineData("-q turns a=http://h/ b=http://h/", "-q")]
    public async Task OptionsOfARunBeforeASubcommand_AreRefused(string line, string named)
    {
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync(line.Split(' '));
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains($"would be ignored: {named}.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void ErrorsWithoutFailures_HaveTheFamiliesAtZero()
    {
        using var document = JsonDocument.Parse(JsonReport.Of(SampleResult.Make() with { Total = new Tally() }));
        Assert.Equal(["total", "4xx", "5xx", "malformed", "statuses"], document.RootElement.GetProperty("errors").GetProperty("http").EnumerateObject().Select(static name => name.Name));
    }

    [Fact]
    public void NameOfAProcess_DoesNotSteerTheTerminal()
    {
        var text = TextReport.Of(SampleResult.Make() with { Watched = [new ProcessUsage("a\u001b[2Jb", 42, TimeSpan.FromSeconds(1), 1, 1, false)] });
        Assert.Contains("a?[2Jb (42)", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1.5, "-1.50 us")]
    [InlineData(-1500, "-1.50 ms")]
    [InlineData(-1_402_171.6, "-1.40 s")]
    [InlineData(1500, "1.50 ms")]
    public void Times_HaveTheirUnitBelowZeroToo(double microseconds, string text) => Assert.Equal(text, Text.Microseconds(microseconds));
}
