namespace PipeProxy.Tests.LoadTest;

/// <summary>Options that are misspelt, or taken for a value.</summary>
public sealed class BenchOptionNameTests
{
    [Theory]
    [InlineData("http://h/ --unknown", "unknown option '--unknown'.")]
    [InlineData("http://h/ --conections 5", "unknown option '--conections'; did you mean '--connections'?")]
    [InlineData("http://h/ --warm-up=1s", "unknown option '--warm-up'; did you mean '--warmup'?")]
    [InlineData("http://h/ -z", "unknown option '-z'.")]
    [InlineData("compare a b --pared", "unknown option '--pared'; did you mean '--paired'?")]
    [InlineData("compare a b --rate 5", "unknown option '--rate'.")]
    [InlineData("turns a=http://h/ b=http://h/ --round 5", "unknown option '--round'; did you mean '--rounds'?")]
    [InlineData("https://h/ --cert -q", "--cert needs a value, and '-q' is an option; write '--cert=-q' if it is the value.")]
    [InlineData("http://h/ -X -q", "-X needs a value, and '-q' is an option; write '-X=-q' if it is the value.")]
    [InlineData("http://h/ --body --json x", "--body needs a value, and '--json' is an option; write '--body=--json' if it is the value.")]
    public async Task WrongOption_IsToldByItsName(string line, string message)
    {
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync(line.Split(' '));
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith($"error: {message}{Environment.NewLine}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://h/ --body=-q --cert none.pem")]
    [InlineData("https://h/ --body -no-option --cert none.pem")]
    [InlineData("https://h/ --body:--json --cert none.pem")]
    [InlineData("https://h/ -c5 -qk --cert none.pem")]
    [InlineData("-q --cert none.pem -- https://h/")]
    public async Task WhatOnlyLooksWrong_IsTaken(string line)
    {
        // The next thing that is wrong.
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(line.Split(' '));
        Assert.Equal(1, exitCode);
        Assert.Contains("none.pem", error, StringComparison.Ordinal);
    }
}
