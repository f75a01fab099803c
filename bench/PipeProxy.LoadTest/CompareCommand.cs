using System.CommandLine;
using PipeProxy.LoadTest.Compare;

namespace PipeProxy.LoadTest;

/// <summary><c>pipeproxy-bench compare A B</c>: whether two sets of runs differ, and by how much at least and at most.</summary>
internal static class CompareCommand
{
    internal static Command Create()
    {
        var sides = new Argument<string[]>("SIDE")
        {
            Description = "Results of one side: a file of --json, a folder of them, or several with commas between. The first side is the baseline.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var baseline = FileNames.Some("--a", "A file of the baseline. Repeatable, in place of the first SIDE.");
        var other = FileNames.Some("--b", "A file of the other side. Repeatable, in place of the second SIDE.");
        var paired = new Option<bool>("--paired") { Description = "The runs were made in turn; compare the first with the first, and so on. Tells more when the machine's weather changed." };
        var output = Choice.Of("--output", "text or json. Default text.", "FORMAT", "text", "json", "-o");
        var command = new ExampleCommand("compare", "Compare results, with 95 % intervals of their ratios.")
        {
            Remarks =
            [
                "Figures shown are medians; ratios are of geometric means, with Welch's t interval. An interval that holds 1 is no difference that these runs can tell.",
                "Of twenty comparisons of equal things one looks like a difference.",
            ],
            Examples =
            [
                "pipeproxy-bench compare before.json after.json",
                "pipeproxy-bench compare before/ after/ --paired",
                "pipeproxy-bench compare --a a1.json --a a2.json --a a3.json --b b1.json --b b2.json --b b3.json",
            ],
            Arguments = { sides },
            Options = { baseline, other, paired, output },
        };
        command.SetAction(parsed =>
        {
            var read = Sides(parsed.GetValue(sides) ?? [], parsed.GetValue(baseline) ?? [], parsed.GetValue(other) ?? []);
            var inPairs = parsed.GetValue(paired);
            if (inPairs && read.Any(side => side.Runs.Count != read[0].Runs.Count))
            {
                throw new UsageException([$"--paired needs as many runs on each side (currently {string.Join(" and ", read.Select(static side => side.Runs.Count))})."]);
            }

            var others = read.Skip(1).ToArray();
            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(output) == "json" ? CompareReport.Json(read[0], others, inPairs) : CompareReport.Text(read[0], others, inPairs));
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static Side[] Sides(string[] sides, string[] baseline, string[] other)
    {
        string[] all = [.. Joined(baseline), .. Joined(other), .. sides];
        return all.Length >= 2 && baseline.Length > 0 == other.Length > 0
            ? [.. all.Select(Side.Read)]
            : throw new UsageException(["compare needs two sides: compare A B, or --a FILE and --b FILE."]);

        static string[] Joined(string[] files) => files.Length == 0 ? [] : [string.Join(',', files)];
    }
}
