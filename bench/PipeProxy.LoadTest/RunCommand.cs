using System.CommandLine;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Progress;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest;

/// <summary><c>pipeproxy-bench URL...</c>: one run, its result in the forms asked for, and a verdict as exit code.</summary>
internal static class RunCommand
{
    internal static Command Create()
    {
        var options = new RunOptions();
        var reports = new ReportOptions();
        var command = new ExampleCommand("pipeproxy-bench", "A load generator for HTTP/1.1 that presents client certificates.")
        {
            Remarks =
            [
                "Ctrl-C (SIGTERM, SIGHUP, SIGQUIT) ends the run and prints what was measured until then; another one, a second later or more, ends at once.",
                "Exit codes: 0 measured, 1 failed (nothing answered, or answers were not HTTP), 2 usage, 3 a --fail-if condition held.",
            ],
            Examples =
            [
                "pipeproxy-bench http://127.0.0.1:8080/ -c 64 -d 10s --warmup 2s",
                "pipeproxy-bench https://my-alb.example/ --cert client.pem --key client-key.pem --rate 2000 -d 30s --html report.html",
                "pipeproxy-bench http://127.0.0.1:8080/a=3 http://127.0.0.1:8080/b=1 -n 100000 --watch-pid 1234=proxy --json run.json",
                "pipeproxy-bench http://127.0.0.1:8080/ --rate 5k --fail-if 'p99>5ms' --fail-if 'errors>0'",
                "pipeproxy-bench compare before/ after/",
                "pipeproxy-bench turns old=http://127.0.0.1:8080/ new=http://127.0.0.1:8081/",
            ],
        };
        options.AddTo(command);
        reports.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var (plan, asked) = (options.Read(parsed), reports.Read(parsed));
            options.Warn(parsed);
            return (int)await RunAsync(plan, asked, parsed.InvocationConfiguration).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<ExitCode> RunAsync(LoadPlan plan, ReportPlan reports, InvocationConfiguration streams)
    {
        using var files = reports.OpenFiles();
        using var stop = new StopSignals();
        using var run = new LoadRun(plan, reports.Watched, ProgressOf(plan, reports, streams), stop.Token);
        var result = await run.RunAsync().ConfigureAwait(false);
        var wrong = await files.WriteAsync(result, streams.Output, streams.Error).ConfigureAwait(false);
        foreach (var reason in wrong)
        {
            streams.Error.WriteLine($"error: {reason}");
        }

        var verdict = Judge(result, reports, streams.Error);
        return verdict == ExitCode.Done && wrong.Count > 0 ? ExitCode.Failed : verdict;
    }

    private static IRunProgress ProgressOf(LoadPlan plan, ReportPlan reports, InvocationConfiguration streams)
    {
        if (reports.Quiet)
        {
            return new NoProgress();
        }

        var terminal = !Console.IsErrorRedirected && streams.Error is MessageWriter { IsConsole: true } && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        return terminal ? new LiveProgress(plan, Console.Error) : new PlainProgress(streams.Error);
    }

    private static ExitCode Judge(LoadResult result, ReportPlan reports, TextWriter error)
    {
        if (!result.IsTrustworthy)
        {
            error.WriteLine(result.Total.Requests == 0
                ? $"error: nothing answered{(result.GaveUp ? "; the run was given up" : "")}."
                : $"error: {Text.Plural(result.Total.Malformed, "answer")} broke HTTP/1.1; the figures are not to be trusted.");
            return ExitCode.Failed;
        }

        var held = false;
        foreach (var condition in reports.FailIf)
        {
            if (condition.Holds(result, out var measured))
            {
                held = true;
                error.WriteLine($"failed: {condition}, {measured}");
            }
        }

        return held ? ExitCode.ConditionHeld : ExitCode.Done;
    }
}
