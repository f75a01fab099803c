using System.CommandLine;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.LoadTest;

/// <summary>The options that say what becomes of a result.</summary>
internal sealed class ReportOptions
{
    private readonly Option<string?> _output = Choice.Of("--output", "text or json on standard output. Default text.", "FORMAT", "text", "json", "-o");
    private readonly Option<string?> _json = FileNames.One("--json", "Write the result as JSON; see docs/load-test.md for its names. - is standard output, and the text then goes to standard error.");
    private readonly Option<string?> _csv = FileNames.One("--csv", "Write intervals and total as CSV.");
    private readonly Option<string?> _html = FileNames.One("--html", "Write one HTML page with plots that needs nothing else.");
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress on standard error." };
    private readonly Option<FailCondition[]> _failIf = new("--fail-if") { Description = "End with exit code 3 when this holds, such as 'p99>5ms', 'rate<10k', 'error-rate>0.1%', 'cpu:proxy>30us'. Repeatable.", HelpName = "CONDITION", CustomParser = static result => Values.Read<FailCondition>(result, FailCondition.TryParse) };
    private readonly Option<WatchedProcess[]> _watch = new("--watch-pid") { Description = "CPU and memory of this process and its descendants beside the result: PID or PID=NAME. Repeatable.", HelpName = "PID", CustomParser = static result => Values.Read<WatchedProcess>(result, WatchedProcess.TryParse) };

    internal void AddTo(Command command)
    {
        foreach (var option in new Option[] { _watch, _failIf, _output, _json, _csv, _html, _quiet })
        {
            command.Options.Add(option);
        }
    }

    /// <exception cref="UsageException">Options do not go together.</exception>
    internal ReportPlan Read(ParseResult parsed)
    {
        var watched = (parsed.GetValue(_watch) ?? []).Select(static process => process.Usage.Name).ToArray();
        var wrong = Shared(parsed);
        var blind = (parsed.GetValue(_failIf) ?? []).Where(condition => !condition.CanBeJudged(watched)).ToArray();
        wrong.AddRange((parsed.GetValue(_watch) ?? []).GroupBy(static process => process.Usage.Pid).Where(static group => group.Count() > 1).Select(static group => $"--watch-pid: the process {group.Key} stands twice."));
        wrong.AddRange(blind.Select(static condition => $"--fail-if '{condition}' needs the process: --watch-pid PID=NAME."));
        return wrong.Count == 0 ? ReadCore(parsed) : throw new UsageException(wrong);
    }

    // One of two results in one file would be lost.
    private List<string> Shared(ParseResult parsed)
    {
        (string Option, string Path, string File)[] files =
        [
            .. new[] { _json, _csv, _html }.Where(option => parsed.GetValue(option) is not null)
                .Select(option => (option.Name, parsed.GetValue(option)!, OutputFile.IdentityOf(parsed.GetValue(option)!))).Where(static file => file.Item3 != "/dev/null"),
        ];
        List<string> wrong = [];
        for (var i = 0; i < files.Length; i++)
        {
            wrong.AddRange(files[..i].Where(other => other.File == files[i].File).Select(other => $"{other.Option} and {files[i].Option} name the same file, '{other.Path}'."));
        }

        if (parsed.GetValue(_output) == "json")
        {
            wrong.AddRange(files.Where(static file => file.File == OutputFile.StandardOutput).Select(static file => $"--output json and {file.Option} - both write to standard output."));
        }

        return wrong;
    }

    private ReportPlan ReadCore(ParseResult parsed) => new()
    {
        AsJson = parsed.GetValue(_output) == "json",
        Json = parsed.GetValue(_json),
        Csv = parsed.GetValue(_csv),
        Html = parsed.GetValue(_html),
        Quiet = parsed.GetValue(_quiet),
        FailIf = parsed.GetValue(_failIf) ?? [],
        Watched = parsed.GetValue(_watch) ?? [],
    };
}
