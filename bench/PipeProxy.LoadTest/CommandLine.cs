using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest;

/// <summary>The commands of <c>pipeproxy-bench</c>, and the one place where their ends become exit codes.</summary>
internal static class CommandLine
{
    // A value that begins with @ is that value, a body for one, and no file with more arguments.
    private static readonly ParserConfiguration Verbatim = new() { ResponseFileTokenReplacer = null };

    internal static Command Create()
    {
        var command = RunCommand.Create();
        var help = new HelpOption { Description = "Show help and examples." };
        help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        help.Recursive = true;
        command.Options.Add(help);
        command.Subcommands.Add(TurnsCommand.Create());
        command.Subcommands.Add(CompareCommand.Create());
        command.Options.Add(new VersionOption { Description = "Show the version." });
        return command;
    }

    internal static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        using var messages = new MessageWriter(error);
        var command = Create();
        var parsed = command.Parse(arguments, Verbatim);
        return OptionNames.Check(command, arguments) is { Count: > 0 } wrong
            ? (int)ReportUsage(parsed, wrong, messages)
            : await RunCoreAsync(parsed, output, messages).ConfigureAwait(false);
    }

    private static async Task<int> RunCoreAsync(ParseResult parsed, TextWriter output, MessageWriter error)
    {
        if (parsed.Action is null or ParseErrorAction)
        {
            return (int)ReportUsage(parsed, [.. parsed.Errors.Select(static wrong => wrong.Message)], error);
        }

        if (Dropped(parsed) is { Count: > 0 } dropped)
        {
            var name = parsed.CommandResult.Command.Name;
            return (int)ReportUsage(parsed, [$"What stands before '{name}' is not for it and would be ignored: {string.Join(' ', dropped)}. Options of {name} stand behind it."], error);
        }

        try
        {
            // No termination timeout: a run handles Ctrl-C by itself and prints what it has.
            var invocation = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            return (int)ReportUsage(parsed, e.Messages, error);
        }
        catch (Exception e) when (e is LoadException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"error: {e.Message}");
            return (int)ExitCode.Failed;
        }
    }

    // A run's options in front of a subcommand are read and belong to nobody.
    private static List<string> Dropped(ParseResult parsed)
        => parsed.Action is ExamplesHelpAction || parsed.CommandResult.Parent is not CommandResult run ? [] :
        [
            .. run.Children.OfType<OptionResult>().Where(static option => !option.Implicit).Select(static option => option.IdentifierToken?.Value ?? option.Option.Name),
            .. run.Children.OfType<ArgumentResult>().SelectMany(static argument => argument.Tokens).Select(static token => token.Value),
        ];

    private static ExitCode ReportUsage(ParseResult parsed, IReadOnlyList<string> messages, TextWriter error)
    {
        foreach (var message in messages)
        {
            error.WriteLine($"error: {message}");
        }

        var command = parsed.CommandResult.Command;
        error.WriteLine($"next: {(command.Parents.Any() ? $"pipeproxy-bench {command.Name}" : command.Name)} --help");
        return ExitCode.Usage;
    }
}
