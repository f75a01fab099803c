using System.CommandLine;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Turns;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.LoadTest;

/// <summary><c>pipeproxy-bench turns NAME=URL...</c>: which of several targets costs less, on a machine whose speed changes from second to second.</summary>
internal sealed class TurnsCommand
{
    private readonly Argument<TurnTarget[]> _targets = new("NAME=URL") { Description = "Who takes turns. Ratios are to the first.", Arity = ArgumentArity.ZeroOrMore, CustomParser = static result => Values.Read<TurnTarget>(result, TurnTarget.TryParse) };
    private readonly Option<WatchedProcess[]> _watch = new("--watch-pid") { Description = "The process of a target, PID=NAME: its CPU per request is compared instead of the time per request. Repeatable.", HelpName = "PID", CustomParser = static result => Values.Read<WatchedProcess>(result, WatchedProcess.TryParse) };
    private readonly Option<TimeSpan?> _turn = Amounts.Time("--turn", "Length of a turn. Default 100ms.");
    private readonly Option<int?> _rounds = Amounts.Whole("--rounds", "Turns of each. Default 50.");
    private readonly Option<TimeSpan?> _warmup = Amounts.Time("--warmup", "Load on each that is not measured, before. Default none.", zero: true);
    private readonly Option<int?> _connections = Amounts.Whole("--connections", "Connections to each target. Default 64.", "-c", RunOptions.MostConnections);
    private readonly Option<double?> _rate = Amounts.Rate("--rate", "Open loop: so many requests per second within a turn.");
    private readonly Option<int?> _storm = Amounts.Whole("--storm", "At the end of each turn so many requests at once, over connections of their own; the result is what the others see meanwhile.", most: RunOptions.MostConnections);
    private readonly Option<string?> _stormPath = new("--storm-path") { Description = "What the storm asks for. Default: the target's own path.", HelpName = "PATH" };
    private readonly Option<TimeSpan?> _timeout = Amounts.Time("--timeout", "Bound on a connect, a handshake, and a request until its whole answer. Default 10s.");
    private readonly Option<string?> _csv = FileNames.One("--csv", "Write every turn as CSV.");
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress on standard error." };
    private readonly RequestOptions _request = new();

    internal static Command Create() => new TurnsCommand().CreateCore();

    private ExampleCommand CreateCore()
    {
        var command = new ExampleCommand("turns", "Compare targets that take turns of a fraction of a second, over connections that stay open.")
        {
            Remarks =
            [
                "Turns of a round follow one another directly and have the same weather; ratios are taken within rounds, and their geometric mean is shown with its 95 % interval.",
                "A turn with an error is lost, and left out on both sides. Exit code 1: a target had no good turn.",
            ],
            Examples =
            [
                "pipeproxy-bench turns nginx=http://127.0.0.1:8081/ proxy=http://127.0.0.1:8080/ --watch-pid 1234=nginx --watch-pid 1235=proxy",
                "pipeproxy-bench turns old=http://127.0.0.1:8080/ new=http://127.0.0.1:8081/ --rate 2k --turn 300ms --rounds 9 --storm 500 --storm-path /close",
                "pipeproxy-bench turns old=https://127.0.0.1:8443/ new=https://127.0.0.1:9443/ -k --rounds 100 --csv turns.csv",
            ],
            Arguments = { _targets },
        };
        foreach (var option in (Option[])[_watch, _turn, _rounds, _warmup, _connections, _rate, _storm, _stormPath, _timeout, .. _request.All, _csv, _quiet])
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, _) => (int)await RunAsync(Read(parsed), parsed).ConfigureAwait(false));
        return command;
    }

    private async Task<ExitCode> RunAsync(TurnPlan plan, ParseResult parsed)
    {
        var streams = parsed.InvocationConfiguration;
        using var csv = OutputFile.Open("--csv", parsed.GetValue(_csv));
        _request.Warn(parsed, plan.Targets.Select(static target => target.Target));
        using var stop = new StopSignals();
        var results = await new TurnRun(plan, parsed.GetValue(_quiet) ? null : streams.Error).RunAsync(stop.Token).ConfigureAwait(false);
        var wrong = await (csv?.WriteAsync(TurnReport.Csv(results), streams.Output) ?? Task.FromResult<string?>(null)).ConfigureAwait(false);
        await (csv is { IsStandardOutput: true } ? streams.Error : streams.Output).WriteAsync(TurnReport.Text(plan, results)).ConfigureAwait(false);
        if (wrong is not null)
        {
            streams.Error.WriteLine($"error: {wrong}");
        }

        if (plan.Targets.FirstOrDefault(target => !results.Any(result => result.IsGood && result.Target == target.Name)) is { } silent)
        {
            var hadTurn = results.Any(result => result.Target == silent.Name);
            streams.Error.WriteLine(hadTurn ? $"error: no turn of {silent.Name} was without an error." : $"error: interrupted before {silent.Name} had a whole turn.");
            return ExitCode.Failed;
        }

        return wrong is null ? ExitCode.Done : ExitCode.Failed;
    }

    private TurnPlan Read(ParseResult parsed)
    {
        var targets = parsed.GetValue(_targets) ?? [];
        var processes = (parsed.GetValue(_watch) ?? []).ToLookup(static process => process.Usage.Name);
        var wrong = new List<string>();
        if (targets.Length < 2)
        {
            wrong.Add("turns needs two targets or more: NAME=URL NAME=URL.");
        }

        wrong.AddRange(targets.GroupBy(static target => target.Name).Where(static group => group.Count() > 1).Select(static group => $"The name '{group.Key}' stands twice."));
        wrong.AddRange(processes.Where(static group => group.Count() > 1).Select(static group => $"--watch-pid: the name '{group.Key}' stands twice."));
        wrong.AddRange(processes.Where(group => targets.All(target => target.Name != group.Key)).Select(static group => $"--watch-pid '{group.Key}' is the name of no target."));
        var (storm, stormPath) = (parsed.GetValue(_storm), parsed.GetValue(_stormPath));
        if (stormPath is not null && (storm is null || !stormPath.StartsWith('/') || stormPath.StartsWith("//", StringComparison.Ordinal)))
        {
            wrong.Add(storm is null ? "--storm-path needs --storm." : $"--storm-path takes a path that begins with one '/', not '{stormPath}'.");
        }

        _request.Check(parsed, wrong);
        if (wrong.Count > 0)
        {
            throw new UsageException(wrong);
        }

        var connections = parsed.GetValue(_connections) ?? 64;
        Descriptors.Check(targets.Length * ((long)connections + (storm ?? 0)), storm is null ? 1 : 2);

        return new TurnPlan
        {
            Targets = [.. targets.Select(target => target with { Process = processes[target.Name].FirstOrDefault() })],
            Turn = parsed.GetValue(_turn) ?? TimeSpan.FromMilliseconds(100),
            Rounds = parsed.GetValue(_rounds) ?? 50,
            Storm = storm is { } requests ? new Storm(requests, stormPath) : null,
            Load = new LoadPlan
            {
                Targets = [.. targets.Select(static target => target.Target)],
                Request = _request.ReadRequest(parsed),
                Tls = _request.ReadTls(parsed),
                Connections = connections,
                Rate = parsed.GetValue(_rate),
                Warmup = parsed.GetValue(_warmup) ?? TimeSpan.Zero,
                Timeout = parsed.GetValue(_timeout) ?? TimeSpan.FromSeconds(10),
            },
        };
    }
}
