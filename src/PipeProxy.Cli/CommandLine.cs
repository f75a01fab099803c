using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using PipeProxy.Certificates;
using PipeProxy.Cli.Diagnose;
using PipeProxy.Cli.MtlsCertificate;
using PipeProxy.Cli.Output;
using PipeProxy.Cli.Run;

namespace PipeProxy.Cli;

/// <summary>The commands of <c>pipeproxy</c>, and the one place where their results become exit codes.</summary>
/// <remarks>A command is one file with <c>static Command Create()</c> that is named in <see cref="Create"/>. Its action finds the terminal by <see cref="Terminal.Of"/> and returns an <see cref="ExitCode"/>.</remarks>
internal static class CommandLine
{
    /// <summary>How command lines are read: a value that begins with @ is that value, and no file with more arguments.</summary>
    public static ParserConfiguration Verbatim { get; } = new() { ResponseFileTokenReplacer = null };

    /// <summary>The whole tree. Not a RootCommand: that is named after its assembly, which is not the name people type.</summary>
    public static Command Create()
    {
        var help = new HelpOption("--help", "-h", "-?") { Description = "Show help and examples." };
        help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        return new ExampleCommand("pipeproxy", "A reverse proxy that presents client certificates to its origins.")
        {
            Examples =
            [
                "pipeproxy mtls-certificate create --name aws-alb-cert --cert client-cert.pem --key client-key.pem --environment-type production",
                "pipeproxy run --forward https://my-alb.example --mtls-certificate aws-alb-cert",
                "pipeproxy check",
                "pipeproxy diagnose https://my-alb.example --mtls-certificate aws-alb-cert",
                "pipeproxy mtls-certificate list",
            ],
            Options = { help, new VersionOption { Description = "Show the version." } },
            Subcommands = { RunCommand.Create(), CheckCommand.Create(), DiagnoseCommand.Create(), MtlsCertificateCommand.Create(), CompletionsCommand.Create() },
        };
    }

    /// <summary>Runs one command line.</summary>
    /// <returns>An <see cref="ExitCode"/> as the process returns it.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken = default)
    {
        if (arguments is [{ } first, { } line] && CompletionsCommand.TryReadPosition(first, out var position))
        {
            CompletionsCommand.Suggest(Create(), line, position, terminal);
            return (int)ExitCode.Done;
        }

        var parsed = Create().Parse(arguments, Verbatim);
        if (parsed.Action is null or ParseErrorAction)
        {
            return (int)ReportUsage(parsed, terminal);
        }

        try
        {
            // No termination timeout: what a command writes is whole at any instant, and `run` handles signals by itself.
            var invocation = new TerminalInvocation(terminal) { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (CertificateException e)
        {
            terminal.WriteError(e.Message, e.Next);
            return (int)ExitCode.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            terminal.WriteError(e.Message, e is UnauthorizedAccessException ? "run the command as the user who owns it, or change its owner or mode." : null);
            return (int)ExitCode.Failed;
        }
    }

    private static ExitCode ReportUsage(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        var path = Path(command);
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0)
        {
            terminal.WriteError($"'{path}' needs a command: {Choices.List([.. command.Subcommands.Select(static sub => sub.Name)])}.");
        }
        else
        {
            // A word that is no command is one mistake, not two.
            foreach (var error in parsed.Errors.Where(error => command.Subcommands.Count == 0 || parsed.UnmatchedTokens.Any(word => error.Message.Contains(word, StringComparison.Ordinal))))
            {
                terminal.WriteError(error.Message);
            }
        }

        terminal.WriteNextToError($"{path} --help");
        return ExitCode.Usage;
    }

    private static string Path(Command command)
        => command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : command.Name;
}
