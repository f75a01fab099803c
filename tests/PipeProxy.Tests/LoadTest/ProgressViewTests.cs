using PipeProxy.LoadTest.Progress;
using Spectre.Console;

namespace PipeProxy.Tests.LoadTest;

public sealed class ProgressViewTests
{
    [Theory]
    [InlineData(200, "p99.9")]
    [InlineData(84, "p99.9")]
    [InlineData(80, "p50")]
    [InlineData(56, "p50")]
    [InlineData(40, "all 100/s, p99 990 ms")]
    [InlineData(32, "all 100/s, p99 990 ms")]
    [InlineData(20, "p99 990 ms")]
    public void View_FitsTheTerminal(int width, string shown)
    {
        var result = SampleResult.Make();
        using StringWriter text = new();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Write(ProgressView.Of("10 of 30 s", result.Intervals[0], result.Total, [.. Enumerable.Repeat(123_456.0, ProgressView.MostBars)], width));
        var lines = text.ToString().Split('\n').Select(static line => line.TrimEnd()).ToArray();
        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Assert.Contains(shown, text.ToString(), StringComparison.Ordinal);

        // One that was broken would be more.
        Assert.Equal(width >= 56 ? 8 : 4, lines.Count(static line => line.Length > 0));
    }
}
