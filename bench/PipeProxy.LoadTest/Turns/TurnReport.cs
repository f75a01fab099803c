using System.Text;
using PipeProxy.LoadTest.Compare;

namespace PipeProxy.LoadTest.Turns;

/// <summary>What turns showed, for people, and every turn as CSV (RFC 4180).</summary>
internal static class TurnReport
{
    internal static string Text(TurnPlan plan, IReadOnlyList<TurnResult> results)
    {
        var text = new StringBuilder();
        text.AppendLine();
        text.AppendLine($"{plan.Load.Request.Method}, {LoadTest.Text.Plural(plan.Load.Connections, "connection")} to each, {(plan.Load.Rate is { } rate ? $"open loop at {LoadTest.Text.Rate(rate)} per second" : "closed loop")}, {LoadTest.Text.Plural(plan.Rounds, "turn")} of {LoadTest.Text.Duration(plan.Turn.TotalSeconds)} each");
        text.AppendLine();
        text.AppendLine(Row("", "CPU/request", "ratio", "95 % interval", "rate", "p50", "p99", "lost"));
        foreach (var target in plan.Targets)
        {
            text.AppendLine(Row(plan, results, target));
        }

        foreach (var lost in results.Where(static result => !result.IsGood).GroupBy(static result => (result.Target, result.Reason)))
        {
            text.AppendLine($"  lost: {LoadTest.Text.Plural(lost.Count(), "turn")} of {lost.Key.Target}: {Printable(lost.Key.Reason ?? "no request was answered")}");
        }

        return text.ToString();
    }

    internal static string Csv(IReadOnlyList<TurnResult> results)
    {
        var csv = new StringBuilder("round,target,seconds,requests,errors,cpuSeconds,p50,p99\r\n");
        foreach (var result in results)
        {
            var cpu = double.IsNaN(result.CpuSeconds) ? "" : LoadTest.Text.Invariant($"{result.CpuSeconds:0.#######}");
            csv.Append(LoadTest.Text.Invariant($"{result.Round},{result.Target},{result.Seconds:0.######},{result.Requests},{result.Errors},{cpu},{result.P50:0.###},{result.P99:0.###}\r\n"));
        }

        return csv.ToString();
    }

    // Ratios within rounds in which both turns were good; to the first target.
    private static string Row(TurnPlan plan, IReadOnlyList<TurnResult> results, TurnTarget target)
    {
        var first = Good(results, plan.Targets[0].Name);
        var own = Good(results, target.Name);
        if (own.Count == 0)
        {
            return Row(target.Name, "-", "-", "", "-", "-", "-", $"{plan.Rounds}/{plan.Rounds}");
        }

        int[] both = [.. own.Keys.Where(first.ContainsKey)];
        var ratio = RatioInterval.Of([.. both.Select(round => Figure(first[round]))], [.. both.Select(round => Figure(own[round]))], paired: true);
        var isFirst = ReferenceEquals(target, plan.Targets[0]);
        return Row(
            target.Name,
            target.Process is null ? "-" : LoadTest.Text.Microseconds(Median(own.Values.Select(static turn => turn.CpuMicrosPerRequest))),
            isFirst ? "1" : double.IsNaN(ratio.Ratio) ? "-" : LoadTest.Text.Invariant($"{ratio.Ratio:0.000}"),
            isFirst || !ratio.IsKnown ? "" : LoadTest.Text.Invariant($"{ratio.Low:0.000} to {ratio.High:0.000}"),
            LoadTest.Text.Rate(Median(own.Values.Select(static turn => turn.Rate))),
            LoadTest.Text.Microseconds(Median(own.Values.Select(static turn => turn.P50))),
            LoadTest.Text.Microseconds(Median(own.Values.Select(static turn => turn.P99))),
            $"{results.Count(result => result.Target == target.Name) - own.Count}/{results.Count(result => result.Target == target.Name)}");

        // CPU per request where both are watched, time per request otherwise.
        double Figure(TurnResult turn) => plan.Targets[0].Process is null || target.Process is null ? 1 / turn.Rate : turn.CpuMicrosPerRequest;
    }

    private static Dictionary<int, TurnResult> Good(IReadOnlyList<TurnResult> results, string target)
        => results.Where(result => result.Target == target && result.IsGood).ToDictionary(static result => result.Round);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }

    // What an origin sent must not steer the terminal.
    private static string Printable(string text) => string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c));

    private static string Row(string name, string cpu, string ratio, string interval, string rate, string p50, string p99, string lost)
        => $"  {name,-16}{cpu,12}{ratio,9}  {interval,-16}{rate,10}{p50,10}{p99,10}{lost,8}";
}
