using System.Text.RegularExpressions;
using PipeProxy.LoadTest;

namespace PipeProxy.Tests.LoadTest;

public sealed class BenchCommandLineTests
{
    // Words are separated by bars.
    public static TheoryData<string> Usages =>
    [
        "",
        "http://h/|--no-such-flag",
        "h/",
        "http://h/|-c|0",
        "http://h/|-c|many",
        "http://h/|-n|0",
        "http://h/|-d|soon",
        "http://h/|--rate|0",
        "http://h/|--chunked",
        "http://h/|--body|a|--body-size|3",
        "http://h/|--body-size|x",
        "http://h/|--no-keepalive|--requests-per-connection|2",
        "http://h/|--cert|a|--cert|b|--key|a",
        "http://h/|-X|GE T",
        "http://h/|-H|no colon",
        "http://h/|-H|Content-Length: 3",
        "http://h/|-H|Connection: close",
        "http://h/|-H|A: b\r\nC: d",
        "http://h/|--tls|1.1",
        "http://h/|--output|yaml",
        "http://h/|--fail-if|p98>1ms",
        "http://h/|--fail-if|cpu>1us",
        "http://h/|--watch-pid|x",
        "compare",
        "compare|only-one",
        "compare|--a|x",
        "turns",
        "turns|a=http://h/",
        "turns|a=http://h/|http://h/",
        "turns|a=http://h/|a=http://h/b",
        "turns|a=http://h/|b=http://h/|--turn|0",
        "turns|a=http://h/|b=http://h/|--rounds|0",
        "turns|a=http://h/|b=http://h/|--watch-pid|1=c",
        "turns|a=http://h/|b=http://h/|--storm|0",
        "turns|a=http://h/|b=http://h/|--storm-path|/close",
        "turns|a=http://h/|b=http://h/|--storm|5|--storm-path|close",
        "turns|a=http://h/|b=http://h/|--chunked",
    ];

    [Theory]
    [MemberData(nameof(Usages))]
    public async Task WrongCommandLine_IsExit2WithTheHelpToRead(string line)
    {
        var (exitCode, output, error) = await RunAsync(line.Split('|', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.EndsWith("--help", error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryCommand_HasHelpWithExamplesThatParse()
    {
        foreach (var command in CommandLine.Create().Subcommands.Prepend(CommandLine.Create()))
        {
            var (exitCode, output, error) = await RunAsync(command.Parents.Any() ? [command.Name, "--help"] : ["--help"]);
            Assert.Equal((0, ""), (exitCode, error));
            foreach (var example in Assert.IsType<ExampleCommand>(command).Examples)
            {
                Assert.Contains(example, output, StringComparison.Ordinal);

                // A pid of somebody's computer is no process of this one.
                var words = Regex.Replace(example.Replace("'", "", StringComparison.Ordinal), @"\b123\d=", $"{Environment.ProcessId}=").Split(' ');
                Assert.Equal("pipeproxy-bench", words[0]);
                Assert.Empty(CommandLine.Create().Parse(words[1..]).Errors);
            }
        }
    }

    [Fact]
    public async Task AllErrors_AreReported()
    {
        var (_, _, error) = await RunAsync(["http://h/", "--chunked", "-H", "x", "-X", "?"]);
        Assert.Equal(3, error.Split("error: ").Length - 1);
    }

    [Fact]
    public async Task TurnsErrors_NameTheirTargets()
    {
        var (_, _, error) = await RunAsync(["turns", "a=http://h/", "a=http://h/", "--watch-pid", $"{Environment.ProcessId}=b"]);
        Assert.Contains("The name 'a' stands twice.", error, StringComparison.Ordinal);
        Assert.Contains(OperatingSystem.IsLinux() ? "--watch-pid 'b' is the name of no target." : "works on Linux only", error, StringComparison.Ordinal);
        Assert.EndsWith("next: pipeproxy-bench turns --help", error.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://h/ --watch-pid PID=a --watch-pid PID=b", "--watch-pid: the process PID stands twice.")]
    [InlineData("turns a=http://h/ b=http://h/ --watch-pid PID=a --watch-pid PID=a", "--watch-pid: the name 'a' stands twice.")]
    public async Task ProcessThatStandsTwice_IsRefused(string line, string message)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads /proc.");
        var (exitCode, _, error) = await RunAsync(line.Replace("PID", $"{Environment.ProcessId}", StringComparison.Ordinal).Split(' '));
        Assert.Equal(2, exitCode);
        Assert.Contains(message.Replace("PID", $"{Environment.ProcessId}", StringComparison.Ordinal), error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compare", "  pipeproxy-bench compare [<SIDE>...] [options]")]
    [InlineData("turns", "  pipeproxy-bench turns [<NAME=URL>...] [options]")]
    public async Task HelpOfASubcommand_HasNothingOfARun(string command, string usage)
    {
        var (_, output, _) = await RunAsync([command, "--help"]);
        Assert.Contains(usage + Environment.NewLine, output, StringComparison.Ordinal);
        Assert.DoesNotContain("<URL>", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingCertificate_IsExit1AndNamesTheFile()
    {
        var (exitCode, _, error) = await RunAsync(["https://h/", "--cert", "no-such.pem"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("no-such.pem", error, StringComparison.Ordinal);
    }

    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = await CommandLine.RunAsync(arguments, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }
}
