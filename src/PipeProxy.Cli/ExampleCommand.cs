using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PipeProxy.Cli;

/// <summary>A command whose help ends with examples.</summary>
internal sealed class ExampleCommand(string name, string description) : Command(name, description)
{
    /// <summary>Whole command lines that work as they stand.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Sentences between the options and the examples; empty for none.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>The usual help, then remarks and examples.</summary>
internal sealed class ExamplesHelpAction(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not ExampleCommand command)
        {
            return result;
        }

        var output = parseResult.InvocationConfiguration.Output;
        foreach (var remark in command.Remarks)
        {
            output.WriteLine(remark);
        }

        if (command.Remarks.Count > 0)
        {
            output.WriteLine();
        }

        if (command.Examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (var example in command.Examples)
            {
                output.WriteLine($"  {example}");
            }

            output.WriteLine();
        }

        return result;
    }
}
