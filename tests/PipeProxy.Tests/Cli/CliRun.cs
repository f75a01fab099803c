using PipeProxy.Cli;
using PipeProxy.Cli.Output;
using PipeProxy.Tests.Certificates;

namespace PipeProxy.Tests.Cli;

/// <summary>One command line run inside the test: what it printed and how it ended.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static async Task<CliRun> Of(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? variables = null, bool colors = false, int width = 0)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal(output, error)
        {
            ColorsOutput = colors,
            ColorsError = colors,
            Width = width,
            Variable = name => variables?.GetValueOrDefault(name),
            Time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(IssuedCertificate.Now),
        };
        var exitCode = await CommandLine.RunAsync(arguments, terminal);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }
}
