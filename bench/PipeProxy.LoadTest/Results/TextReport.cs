using System.Text;
using HdrHistogram;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.LoadTest.Results;

/// <summary>A result for people.</summary>
internal static class TextReport
{
    internal static string Of(LoadResult result)
    {
        var total = result.Total;
        var text = new StringBuilder();
        text.AppendLine().AppendLine(Title(result.Plan)).AppendLine();
        Line(text, "requests", $"{Text.Count(total.Requests)}{(total.Late > 0 ? $", {Text.Count(total.Requests - total.Late)} of them" : "")} in {Text.Duration(result.Seconds)}{(result.Interrupted ? ", interrupted" : "")}, {Text.Rate(result.Rate)} per second");
        Line(text, "received", $"{Text.Bytes(total.Bytes)}{(total.Late > 0 || result.Seconds == 0 ? "" : $", {Text.Bytes(total.Bytes / result.Seconds)} per second")}");
        Line(text, "statuses", string.Join(", ", Enumerable.Range(0, total.Statuses.Length).Where(status => total.Statuses[status] > 0).Select(status => $"{status}: {Text.Count(total.Statuses[status])}")) is { Length: > 0 } statuses ? statuses : "none");
        Errors(text, result);
        Connections(text, total);
        if (result.Unsent > 0)
        {
            Line(text, "not sent", $"{Text.Plural(result.Unsent, "request")} of the schedule found no free connection: {(IsBusy(result) ? "this tool, which was busy all the time (--threads), or the target" : "the target")} does not keep up with {Text.Rate(result.Plan.Rate!.Value)} per second");
        }

        if (result.Waiting.LongerThan(total.Latency.GetMaxValue()) is > 0 and var waiting)
        {
            Line(text, "waiting", $"{Text.Plural(waiting, "request")} had no answer at the end after {Text.Duration(Clock.Seconds(result.Waiting.Longest))}{(waiting > 1 ? " at most" : "")}: longer than any that has one, and in no latency");
        }

        Latency(text, result);
        Line(text, "cpu", $"this tool {Cpu(result, result.OwnCpu)}");
        foreach (var process in result.Watched)
        {
            Line(text, "", Watched(result, process));
        }

        return text.ToString();
    }

    /// <summary>One line: what was asked for, and how.</summary>
    internal static string Title(LoadPlan plan)
    {
        var urls = string.Join(", ", plan.Targets.Take(3).Select(target => target.Weight == 1 ? target.Url.AbsoluteUri : $"{target.Url.AbsoluteUri} (weight {target.Weight})"));
        var more = plan.Targets.Count > 3 ? $" and {plan.Targets.Count - 3} more" : "";
        var loop = plan.Rate is { } rate ? $"open loop at {Text.Rate(rate)} per second" : "closed loop";
        var churn = plan.RequestsPerConnection switch { 0 => "", 1 => ", a new one for each request", var count => $", {count} requests each" };
        return $"{plan.Request.Method} {urls}{more}: {Text.Plural(plan.Connections, "connection")}{churn}, {Text.Plural(plan.Threads, "thread")}, {loop}";
    }

    private static void Errors(StringBuilder text, LoadResult result)
    {
        var total = result.Total;
        if (total.Errors == 0)
        {
            Line(text, "errors", "none");
            return;
        }

        Line(text, "errors", $"{Text.Count(total.Errors)} ({Text.Percent(result.ErrorRate)}): HTTP {Text.Count(total.HttpErrors)}, socket {Text.Count(total.SocketErrors.Sum())}");
        foreach (var ((kind, reason), count) in total.Reasons.OrderByDescending(static reason => reason.Value))
        {
            Line(text, "", $"{Text.Count(count)} {kind}: {Text.Printable(reason)}");
        }
    }

    private static void Connections(StringBuilder text, Tally total)
    {
        var opening = LatencySummary.Of(total.Connecting);
        if (total.Connecting.TotalCount > 0)
        {
            Line(text, "connections", $"{Text.Count(total.Connecting.TotalCount)} opened while measuring, until ready p50 {Text.Microseconds(opening.At(50))}, p99 {Text.Microseconds(opening.At(99))}");
        }
    }

    private static void Latency(StringBuilder text, LoadResult result)
    {
        var latency = result.Latency;
        if (result.Total.Requests == 0)
        {
            return;
        }

        Line(text, "latency", result.Plan.Rate is null ? "from sending a request to its whole answer" : "from the moment a request was meant to start to its whole answer");
        Line(text, "", $"min {Text.Microseconds(latency.Min)}, mean {Text.Microseconds(latency.Mean)}, deviation {Text.Microseconds(latency.Deviation)}, max {Text.Microseconds(latency.Max)}");
        for (var i = 0; i < LatencySummary.Percentiles.Count; i++)
        {
            Line(text, "", $"{LatencySummary.Percentiles[i].Name,-8}{Text.Microseconds(latency.Values[i]),10}");
        }

        if (result.Plan.Warmup == TimeSpan.Zero)
        {
            Line(text, "", "the first of them hold the start of this tool, some tens of milliseconds; --warmup leaves it out");
        }
    }

    private static string Watched(LoadResult result, ProcessUsage process) => !process.IsKnown
        ? $"{Text.Printable(process.Name)} ({process.Pid}) ended before measuring began; nothing is known of it"
        : $"{Text.Printable(process.Name)} ({process.Pid}) {Cpu(result, process.Cpu)}, memory at most {Text.Bytes(process.RssPeak)}, at last {Text.Bytes(process.RssLast)}{(process.IsGone ? ", ended meanwhile" : "")}";

    private static string Cpu(LoadResult result, TimeSpan cpu)
        => $"{Text.Duration(cpu.TotalSeconds)}, {(result.Seconds > 0 ? cpu.TotalSeconds / result.Seconds : 0):0.0%} of a core, {Text.Microseconds(result.PerRequest(cpu))} per request";

    // Nine tenths of what its threads can.
    private static bool IsBusy(LoadResult result) => result.OwnCpu.TotalSeconds > 0.9 * result.Plan.Threads * result.Intervals.Sum(static interval => interval.Seconds);

    private static void Line(StringBuilder text, string label, string value) => text.Append("  ").Append(label.PadRight(13)).AppendLine(value);
}
