using System.CommandLine;

namespace PipeProxy.LoadTest;

/// <summary>Looks at the arguments before they are parsed: the parser takes an option that it does not know for a URL, and one that it knows for the value of the one before.</summary>
internal static class OptionNames
{
    /// <returns>What is wrong; empty when nothing is.</returns>
    internal static IReadOnlyList<string> Check(Command root, IReadOnlyList<string> arguments)
    {
        var wrong = new List<string>();
        var (command, options) = (root, Of(root, root));
        for (var i = 0; i < arguments.Count && arguments[i] != "--"; i++)
        {
            var argument = arguments[i];
            if (!argument.StartsWith('-') || argument == "-")
            {
                if (command == root && root.Subcommands.FirstOrDefault(known => known.Name == argument) is { } subcommand)
                {
                    (command, options) = (subcommand, Of(subcommand, root));
                }
            }
            else if (options.TryGetValue(argument, out var option))
            {
                if (option.Arity.MinimumNumberOfValues == 0 || i + 1 == arguments.Count)
                {
                    continue;
                }

                var value = arguments[++i];
                if (options.ContainsKey(value))
                {
                    wrong.Add($"{argument} needs a value, and '{value}' is an option; write '{argument}={value}' if it is the value.");
                }
            }
            else if (!HasItsValue(argument, options))
            {
                var name = argument.Split('=', ':')[0];
                wrong.Add($"unknown option '{name}'{(Nearest(name, options.Keys) is { } nearest ? $"; did you mean '{nearest}'?" : ".")}");
            }
        }

        return wrong;
    }

    private static Dictionary<string, Option> Of(Command command, Command root)
    {
        var options = new Dictionary<string, Option>(StringComparer.Ordinal);
        foreach (var option in command.Options.Concat(root.Options.Where(static option => option.Recursive)))
        {
            foreach (var name in option.Aliases.Append(option.Name))
            {
                options[name] = option;
            }
        }

        return options;
    }

    // --name=value, --name:value, -nvalue, and several letters together.
    private static bool HasItsValue(string argument, Dictionary<string, Option> options)
        => options.ContainsKey(argument.Split('=', ':')[0]) || (argument.Length > 2 && argument[1] != '-' && options.ContainsKey(argument[..2]));

    private static string? Nearest(string name, IEnumerable<string> known)
    {
        var (nearest, distance) = known.Where(static option => option.StartsWith("--", StringComparison.Ordinal)).Select(option => (option, Distance(name, option))).MinBy(static pair => pair.Item2);
        return name.Length > 3 && distance <= Math.Min(3, name.Length / 3) ? nearest : null;
    }

    // Levenshtein's: letters to change, to add or to take away.
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
