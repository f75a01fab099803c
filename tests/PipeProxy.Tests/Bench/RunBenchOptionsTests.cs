using PipeProxy.Testing;

namespace PipeProxy.Tests.Bench;

/// <summary>What is wrong on the command line of run-bench.sh ends it before anything is built or started.</summary>
public sealed class RunBenchOptionsTests
{
    [Theory]
    [InlineData("--rounds takes a whole number from 1 to 999999999, not 'abc'", "--rounds", "abc")]
    [InlineData("--rounds takes a whole number from 1 to 999999999, not '0'", "--rounds", "0")]
    [InlineData("--rounds takes a whole number from 1 to 999999999, not '08'", "--rounds", "08")]
    [InlineData("--rounds takes a whole number from 1 to 999999999, not '99999999999999999999'", "--rounds", "99999999999999999999")]
    [InlineData("--rounds needs a value", "--rounds")]
    [InlineData("--rounds needs a value, and '--quick' is an option", "--rounds", "--quick")]
    [InlineData("--seconds takes a number above 0 such as 0.1 or 2000, not '0.0'", "--seconds", "0.0")]
    [InlineData("--seconds takes a number above 0 such as 0.1 or 2000, not '1s'", "--seconds", "1s")]
    [InlineData("--seconds needs a value", "--quick", "--seconds")]
    [InlineData("--rate takes a number above 0 such as 0.1 or 2000, not '-5'", "--rate", "-5")]
    [InlineData("--rate needs a value", "--rate", "")]
    [InlineData("--connections takes a whole number from 1 to 999999999, not 'x'", "--connections", "x")]
    [InlineData("--connections needs a value", "--connections")]
    [InlineData("--idle takes a whole number from 1 to 999999999, not '1.5'", "--idle", "1.5")]
    [InlineData("--idle needs a value", "--idle")]
    [InlineData("--idle-tls takes a whole number from 1 to 999999999, not 'x'", "--idle-tls", "x")]
    [InlineData("--idle-tls needs a value", "--idle-tls")]
    [InlineData("--load takes pipeproxy-bench or wrk, not 'ab'", "--load", "ab")]
    [InlineData("--load needs a value", "--load")]
    [InlineData("--results needs a value", "--results")]
    [InlineData("--only needs a value", "--only")]
    [InlineData("--only knows no ''; it knows ", "--only", "cpu,,floor")]
    [InlineData("--only knows no 'x'; it knows ", "--only", "cpu,x")]
    [InlineData("unknown argument 'x'", "x")]
    public async Task WrongOption_IsExit2WithOneLine(string message, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for Linux.");
        await using var run = await TestProcess.RunAsync("bash", [RepositoryRoot.Combine("run-bench.sh"), .. arguments]);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.OutputLines);
        Assert.StartsWith($"error: {message}", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }
}
