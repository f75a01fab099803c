using System.Text;
using PipeProxy.LoadTest.Compare;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest.Turns;

/// <summary>What turns showed, for people, and every turn as CSV (RFC 4180).</summary>
internal static class TurnReport
{
    // Those that a turn of half a second has enough answers for.
    private static readonly (string Name, double Percentile)[] Percentiles = [.. LatencySummary.Percentiles.Where(static percentile => percentile.Percentile <= 99.9)];

    internal static string Text(TurnPlan plan, IReadOnlyList<TurnResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine();
        text.AppendLine($"{plan.Load.Request.Method}, {LoadTest.Text.Plural(plan.Load.Connections, "connection")} to each, {(plan.Load.Rate is { } rate ? $"open loop at {LoadTest.Text.Rate(rate)} per second" : "closed loop")}, {LoadTest.Text.Plural(plan.Rounds, "turn")} of {LoadTest.Text.Duration(plan.Turn.TotalSeconds)} each");
        if (plan.Storm is { } storm)
        {
            text.AppendLine($"then a storm of {LoadTest.Text.Plural(storm.Requests, "request")} at once{(storm.Path is null ? "" : $" for {storm.Path}")}; figures are of the {LoadTest.Text.Plural(plan.Load.Connections, "connection")} during it, ratios of p99");
        }

        text.AppendLine();
        text.AppendLine(Row("", plan.Storm is not null ? "storm" : IsWatched(plan) ? "CPU/request" : "time/request", "ratio", "95 % interval", "rate", "p50", "p99", "lost"));
        foreach (var target in plan.Targets)
        {
            text.AppendLine(Row(plan, results, target));
        }

        foreach (var lost in results.Where(static result => !result.IsGood).GroupBy(static result => (result.Target, result.Reason)))
        {
            text.AppendLine($"  lost: {LoadTest.Text.Plural(lost.Count(), "turn")} of {lost.Key.Target}: {LoadTest.Text.Printable(lost.Key.Reason ?? "no request was answered")}");
        }

        return text.ToString();
    }

    internal static string Csv(IReadOnlyList<TurnResult> results)
    {
        var csv = new StringBuilder($"round,target,began,seconds,requests,errors,cpuSeconds,{string.Join(',', Percentiles.Select(static percentile => percentile.Name))},stormSeconds,reason\r\n");
        foreach (var result in results)
        {
            csv.Append(LoadTest.Text.Invariant($"{result.Round},{result.Target},{result.Began.ToUnixTimeMilliseconds() / 1e3:0.000},{result.Seconds:0.######},{result.Requests},{result.Errors},{Number(result.CpuSeconds)},"));
            csv.Append(string.Join(',', Percentiles.Select(percentile => Number(result.Latency.At(percentile.Percentile)))));
            csv.Append(LoadTest.Text.Invariant($",{Number(result.StormSeconds)},\"{LoadTest.Text.Printable(result.Reason ?? "").Replace("\"", "\"\"", StringComparison.Ordinal)}\"\r\n"));
        }

        return csv.ToString();
    }

    // Ratios within rounds in which both turns were good; to the first target.
    private static string Row(TurnPlan plan, IReadOnlyList<TurnResult> results, TurnTarget target)
    {
        var first = Good(results, plan.Targets[0].Name);
        var own = Good(results, target.Name);
        var turns = results.Count(result => result.Target == target.Name);
        if (own.Count == 0)
        {
            return Row(target.Name, "-", "-", "", "-", "-", "-", $"{turns}/{turns}");
        }

        int[] both = [.. own.Keys.Where(first.ContainsKey)];
        var ratio = RatioInterval.Of([.. both.Select(round => Figure(first[round]))], [.. both.Select(round => Figure(own[round]))], paired: true);
        var isFirst = ReferenceEquals(target, plan.Targets[0]);
        return Row(
            target.Name,
            plan.Storm is not null ? LoadTest.Text.Duration(Median.Of(own.Values.Select(static turn => turn.StormSeconds)))
                : !IsWatched(plan) ? LoadTest.Text.Duration(Median.Of(own.Values.Select(static turn => 1 / turn.Rate)))
                : target.Process is null ? "-"
                : LoadTest.Text.Microseconds(Median.Of(own.Values.Select(static turn => turn.CpuMicrosPerRequest))),
            isFirst ? "1" : double.IsNaN(ratio.Ratio) ? "-" : LoadTest.Text.Invariant($"{ratio.Ratio:0.000}"),
            isFirst || !ratio.IsKnown ? "" : LoadTest.Text.Invariant($"{ratio.Low:0.000} to {ratio.High:0.000}"),
            LoadTest.Text.Rate(Median.Of(own.Values.Select(static turn => turn.Rate))),
            LoadTest.Text.Microseconds(Median.Of(own.Values.Select(static turn => turn.P50))),
            LoadTest.Text.Microseconds(Median.Of(own.Values.Select(static turn => turn.P99))),
            $"{turns - own.Count}/{turns}");

        // CPU per request where both are watched, time per request otherwise; a storm's own work would be in both.
        double Figure(TurnResult turn)
            => plan.Storm is not null ? turn.P99
                : plan.Targets[0].Process is null || target.Process is null ? 1 / turn.Rate
                : turn.CpuMicrosPerRequest;
    }

    private static bool IsWatched(TurnPlan plan) => plan.Targets.Any(static target => target.Process is not null);

    private static Dictionary<int, TurnResult> Good(IReadOnlyList<TurnResult> results, string target)
        => results.Where(result => result.Target == target && result.IsGood).ToDictionary(static result => result.Round);

    // What there is none of is an empty field.
    private static string Number(double value) => double.IsFinite(value) ? LoadTest.Text.Invariant($"{value:0.#######}") : "";

    private static string Row(string name, string cpu, string ratio, string interval, string rate, string p50, string p99, string lost)
        => $"  {name,-16}{cpu,12}{ratio,9}  {interval,-16}{rate,10}{p50,10}{p99,10}{lost,8}";
}
