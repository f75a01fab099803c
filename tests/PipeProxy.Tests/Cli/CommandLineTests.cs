using System.CommandLine;
using PipeProxy.Cli;

namespace PipeProxy.Tests.Cli;

public sealed class CommandLineTests
{
    public static TheoryData<string> Usages =>
    [
        "",
        "bogus",
        "mtls-certificate",
        "mtls-certificate bogus",
        "mtls-certificate create",
        "mtls-certificate create --cert c --key k --name a --environment-type previw",
        "mtls-certificate create --cert c --key k --name 1a --environment-type preview",
        "mtls-certificate create --cert c --key k --environment-type preview",
        "mtls-certificate list --output yaml",
        "mtls-certificate list --no-such-flag",
        "mtls-certificate describe",
        "mtls-certificate describe a --name a",
        "mtls-certificate update --name a",
        "mtls-certificate update --name a --cert c",
        "mtls-certificate update --name a --key k",
        "mtls-certificate update --cert c --key k",
        "mtls-certificate delete",
        "mtls-certificate lint",
        "mtls-certificate lint --cert c",
        "mtls-certificate lint --name a --cert c --key k",
        "run --loops x",
        "run --loops 0",
        "run --loops",
        "run --transport foo",
        "run extra",
        "check --environment-type prod",
        "check --online extra",
        "diagnose",
        "diagnose my-alb.example",
        "diagnose http://my-alb.example",
        "diagnose https://my-alb.example --output yaml",
        "diagnose https://my-alb.example --timeout 5",
        "completions",
        "completions tcsh",
    ];

    [Theory]
    [MemberData(nameof(Usages))]
    public async Task WrongCommandLine_IsExit2WithTheHelpToRead(string line)
    {
        var run = await CliRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("--help", run.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "error: 'pipeproxy' needs a command: run, check, diagnose, mtls-certificate or completions.\nnext: pipeproxy --help\n")]
    [InlineData("bogus", "error: Unrecognized command or argument 'bogus'.\nnext: pipeproxy --help\n")]
    [InlineData("run --loops x", "error: --loops takes a whole number from 1, not 'x'.\nnext: pipeproxy run --help\n")]
    [InlineData("run --transport foo", "error: --transport takes epoll or sockets, not 'foo'.\nnext: pipeproxy run --help\n")]
    [InlineData("check --environment-type prod", "error: --environment-type takes development, preview or production, not 'prod'.\nnext: pipeproxy check --help\n")]
    [InlineData("diagnose my-alb.example", "error: URL takes https://HOST[:PORT], not 'my-alb.example'.\nnext: pipeproxy diagnose --help\n")]
    [InlineData("diagnose https://a.example --timeout 5", "error: --timeout takes a duration such as 500ms, 5s or 1m, not '5'.\nnext: pipeproxy diagnose --help\n")]
    [InlineData("completions tcsh", "error: SHELL takes bash, zsh, fish or pwsh, not 'tcsh'.\nnext: pipeproxy completions --help\n")]
    public async Task WrongWord_IsToldInOneLine(string line, string told)
        => Assert.Equal(told, (await CliRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Error.ReplaceLineEndings("\n"));

    [Theory]
    [InlineData("pipeproxy ru", "run")]
    [InlineData("pipeproxy di", "diagnose")]
    [InlineData("pipeproxy diagnose --tr", "--trusted-ca")]
    [InlineData("pipeproxy run --tr", "--transport", "--trusted-ca")]
    [InlineData("pipeproxy run --transport ", "epoll", "sockets")]
    [InlineData("pipeproxy mtls-certificate create --environment-type ", "development", "preview", "production")]
    [InlineData("pipeproxy completions ", "bash", "fish", "pwsh", "zsh")]
    public async Task Shells_AreToldWhatMayStandThere(string line, params string[] words)
    {
        var run = await CliRun.Of([$"[suggest:{line.Length}]", line]);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(words, run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(word => words.Contains(word) || !word.StartsWith('-')));
    }

    [Fact]
    public async Task EveryCommand_HasHelpWithExamplesThatParse()
    {
        foreach (var (path, command) in All(CommandLine.Create(), []))
        {
            var run = await CliRun.Of([.. path, "--help"]);
            Assert.Equal(0, run.ExitCode);
            Assert.Empty(run.Error);
            Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
            foreach (var example in Assert.IsType<ExampleCommand>(command).Examples)
            {
                var words = example.Split(' ');
                Assert.Equal("pipeproxy", words[0]);
                Assert.Empty(CommandLine.Create().Parse(words[1..]).Errors);
                Assert.Contains(example, run.Output, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Version_IsPrintedByTheBinary()
    {
        var run = await PipeProxyBinary.RunAsync(["--version"], Path.GetTempPath());
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches(@"^\d+\.\d+\.\d+", run.Output);
    }

    [Fact]
    public async Task Binary_ReturnsTheExitCodes()
    {
        Assert.Equal(2, (await PipeProxyBinary.RunAsync(["mtls-certificate", "describe"], Path.GetTempPath())).ExitCode);
        Assert.Equal(1, (await PipeProxyBinary.RunAsync(["mtls-certificate", "describe", "nobody", "--store", Path.Combine(Path.GetTempPath(), "no-such-store")], Path.GetTempPath())).ExitCode);
    }

    private static IEnumerable<(string[] Path, Command Command)> All(Command command, string[] path)
        => command.Subcommands.SelectMany(sub => All(sub, [.. path, sub.Name])).Prepend((path, command));
}
