using System.Buffers;
using System.Text;
using System.Text.Json;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest.Compare;

/// <summary>Comparisons for people and for programs.</summary>
internal static class CompareReport
{
    internal static string Text(Side baseline, IReadOnlyList<Side> sides, bool paired)
    {
        var text = new StringBuilder();
        foreach (var side in sides)
        {
            text.AppendLine();
            text.Append("  A ").Append(baseline.Name).AppendLine($" ({LoadTest.Text.Plural(baseline.Runs.Count, "run")})");
            text.Append("  B ").Append(side.Name).AppendLine($" ({LoadTest.Text.Plural(side.Runs.Count, "run")}){(paired ? ", in pairs" : "")}");
            text.AppendLine().AppendLine(Row("", "A", "B", "B over A", "95 % interval", ""));
            foreach (var comparison in Comparison.Of(baseline, side, paired))
            {
                text.AppendLine(Row(comparison));
            }

            text.AppendLine();
            foreach (var remark in Comparison.Remarks(baseline, side))
            {
                text.Append("  ").AppendLine(remark);
            }
        }

        return text.ToString();
    }

    internal static string Json(Side baseline, IReadOnlyList<Side> sides, bool paired)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("tool", "pipeproxy-bench compare");
            json.WriteString("version", JsonReport.Version);
            json.WriteNumber("confidence", RatioInterval.Confidence);
            json.WriteBoolean("paired", paired);
            json.WriteString("baseline", baseline.Name);
            json.WriteNumber("baselineRuns", baseline.Runs.Count);
            json.WriteStartArray("sides");
            foreach (var side in sides)
            {
                Write(json, baseline, side, paired);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter json, Side baseline, Side side, bool paired)
    {
        json.WriteStartObject();
        json.WriteString("name", side.Name);
        json.WriteNumber("runs", side.Runs.Count);
        json.WriteStartArray("metrics");
        foreach (var comparison in Comparison.Of(baseline, side, paired))
        {
            json.WriteStartObject();
            json.WriteString("metric", comparison.Metric.Name);
            Number(json, "baseline", comparison.Baseline);
            Number(json, "value", comparison.Value);
            Number(json, "ratio", comparison.Interval.Ratio);
            Number(json, "low", comparison.Interval.Low);
            Number(json, "high", comparison.Interval.High);
            json.WriteString("verdict", comparison.Verdict);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("remarks");
        foreach (var remark in Comparison.Remarks(baseline, side))
        {
            json.WriteStringValue(remark);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Row(Comparison comparison)
    {
        var interval = comparison.Interval;
        return Row(
            LoadTest.Text.Printable(comparison.Metric.Name),
            comparison.Metric.Format(comparison.Baseline),
            comparison.Metric.Format(comparison.Value),
            double.IsNaN(interval.Ratio) ? "-" : LoadTest.Text.Invariant($"{interval.Ratio:0.000}"),
            interval.IsKnown ? LoadTest.Text.Invariant($"{interval.Low:0.000} to {interval.High:0.000}") : "-",
            comparison.Verdict == "unknown" ? "nothing can be told" : comparison.Verdict);
    }

    private static string Row(string name, string a, string b, string ratio, string interval, string verdict)
        => $"  {name,-16} {a,11} {b,11} {ratio,10}  {interval,-17} {verdict}".TrimEnd();

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (!double.IsFinite(value))
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, Math.Round(value, 6));
        }
    }
}
