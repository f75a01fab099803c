using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PipeProxy.LoadTest;

/// <summary>A command whose help ends with remarks and examples.</summary>
internal sealed class ExampleCommand(string name, string description) : Command(name, description)
{
    /// <summary>Sentences between the options and the examples.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Whole command lines that work as they stand.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];
}

/// <summary>The usual help, then remarks and examples.</summary>
internal sealed class ExamplesHelpAction(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var help = new StringWriter();
        parseResult.InvocationConfiguration.Output = help;
        var result = usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        var arguments = parseResult.CommandResult.Command.Parents.OfType<Command>().SelectMany(static parent => parent.Arguments).Select(static argument => argument.Name);
        output.Write(arguments.Aggregate(help.ToString(), Without));
        if (parseResult.CommandResult.Command is ExampleCommand command)
        {
            foreach (var remark in command.Remarks)
            {
                output.WriteLine(remark);
            }

            output.WriteLine();
            output.WriteLine("Examples:");
            foreach (var example in command.Examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }

        return result;
    }

    // The parser takes a run's arguments in front of a subcommand, where they are refused.
    private static string Without(string help, string argument)
        => string.Concat(help.Replace($"[<{argument}>...] ", "", StringComparison.Ordinal).Split('\n').Where(line => !line.StartsWith($"  <{argument}> ", StringComparison.Ordinal)).Select(static line => line + "\n"))[..^1];
}
