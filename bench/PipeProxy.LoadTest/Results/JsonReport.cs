using System.Buffers;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HdrHistogram;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Results;

/// <summary>A result as JSON. Its names are a contract, described in docs/load-test.md: names are added, never changed.</summary>
internal static class JsonReport
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>This program's version.</summary>
    internal static string Version { get; } = typeof(JsonReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    internal static string Of(LoadResult result)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(output, Indented))
        {
            Write(json, result);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter json, LoadResult result)
    {
        var total = result.Total;
        json.WriteStartObject();
        json.WriteString("tool", "pipeproxy-bench");
        json.WriteString("version", Version);
        json.WriteString("started", result.Started.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture));
        Number(json, "seconds", result.Seconds);
        json.WriteNumber("requests", total.Requests);
        Number(json, "rate", result.Rate);
        json.WriteNumber("bytes", total.Bytes);
        json.WriteBoolean("interrupted", result.Interrupted);
        json.WriteNumber("late", total.Late);
        json.WriteNumber("unsent", result.Unsent);
        WriteWaiting(json, result.Waiting);
        WriteStatuses(json, "statuses", total, from: 100);
        WriteErrors(json, result);
        WriteLatency(json, "latency", LatencySummary.Of(total.Latency));
        WriteConnections(json, total);
        WriteIntervals(json, result.Intervals);
        WriteProcesses(json, result);
        OptionsReport.Write(json, result.Plan);
        WriteHistogram(json, total.Latency);
        json.WriteEndObject();
    }

    private static void WriteWaiting(Utf8JsonWriter json, WaitingRequests waiting)
    {
        json.WriteStartObject("waiting");
        json.WriteNumber("requests", waiting.Count);
        Number(json, "longest", LatencySummary.Microseconds(waiting.Longest));
        json.WriteEndObject();
    }

    private static void WriteStatuses(Utf8JsonWriter json, string name, Tally total, int from)
    {
        json.WriteStartObject(name);
        for (var status = from; status < total.Statuses.Length; status++)
        {
            if (total.Statuses[status] > 0)
            {
                json.WriteNumber($"{status}", total.Statuses[status]);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteErrors(Utf8JsonWriter json, LoadResult result)
    {
        var total = result.Total;
        json.WriteStartObject("errors");
        json.WriteNumber("total", total.Errors);
        Number(json, "rate", result.ErrorRate);

        json.WriteStartObject("http");
        json.WriteNumber("total", total.HttpErrors);
        foreach (var family in total.Statuses.Index().Where(static status => status.Index >= 400).GroupBy(static status => status.Index / 100, static status => status.Item))
        {
            // Those that HTTP knows are always there; others only when a server made them up.
            if (family.Key <= 5 || family.Any(static count => count > 0))
            {
                json.WriteNumber($"{family.Key}xx", family.Sum());
            }
        }

        json.WriteNumber("malformed", total.Malformed);
        WriteStatuses(json, "statuses", total, from: 400);
        json.WriteEndObject();

        json.WriteStartObject("socket");
        json.WriteNumber("total", total.SocketErrors.Sum());
        foreach (var kind in Enum.GetValues<SocketErrorKind>())
        {
            json.WriteNumber(kind.ToString().ToLowerInvariant(), total.SocketErrors[(int)kind]);
        }

        json.WriteEndObject();

        json.WriteStartArray("reasons");
        foreach (var ((kind, text), count) in total.Reasons.OrderByDescending(static reason => reason.Value))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            json.WriteString("text", text);
            json.WriteNumber("count", count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLatency(Utf8JsonWriter json, string name, LatencySummary latency)
    {
        json.WriteStartObject(name);
        json.WriteString("unit", "us");
        Number(json, "min", latency.Min);
        Number(json, "mean", latency.Mean);
        Number(json, "stdev", latency.Deviation);
        Number(json, "max", latency.Max);
        for (var i = 0; i < LatencySummary.Percentiles.Count; i++)
        {
            Number(json, LatencySummary.Percentiles[i].Name, latency.Values[i]);
        }

        json.WriteEndObject();
    }

    private static void WriteConnections(Utf8JsonWriter json, Tally total)
    {
        json.WriteStartObject("connections");
        json.WriteNumber("opened", total.Connecting.TotalCount);
        WriteLatency(json, "latency", LatencySummary.Of(total.Connecting));
        json.WriteEndObject();
    }

    private static void WriteIntervals(Utf8JsonWriter json, IReadOnlyList<IntervalResult> intervals)
    {
        json.WriteStartArray("intervals");
        foreach (var interval in intervals)
        {
            json.WriteStartObject();
            Number(json, "t", interval.At);
            Number(json, "seconds", interval.Seconds);
            json.WriteNumber("requests", interval.Requests);
            Number(json, "rate", interval.Rate);
            Number(json, "p50", interval.P50);
            Number(json, "p99", interval.P99);
            Number(json, "max", interval.Max);
            json.WriteNumber("errors", interval.Errors);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProcesses(Utf8JsonWriter json, LoadResult result)
    {
        json.WriteStartArray("watched");
        foreach (var process in result.Watched)
        {
            json.WriteStartObject();
            json.WriteString("name", process.Name);
            json.WriteNumber("pid", process.Pid);
            Number(json, "cpuSeconds", process.Cpu.TotalSeconds);
            Number(json, "cpuPerRequestMicros", result.PerRequest(process.Cpu));
            json.WriteNumber("rssPeakBytes", process.RssPeak);
            json.WriteNumber("rssLastBytes", process.RssLast);
            json.WriteBoolean("gone", process.IsGone);
            json.WriteBoolean("known", process.IsKnown);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("self");
        Number(json, "cpuSeconds", result.OwnCpu.TotalSeconds);
        Number(json, "cpuPerRequestMicros", result.PerRequest(result.OwnCpu));
        json.WriteEndObject();
    }

    // The format that every HdrHistogram reads (V2, deflated, base64), for other tools; and the curve itself, for what cannot inflate.
    private static void WriteHistogram(Utf8JsonWriter json, LongHistogram latency)
    {
        json.WriteStartObject("histogram");
        json.WriteString("unit", "ns");
        json.WriteNumber("significantDigits", Tally.SignificantDigits);
        json.WriteBase64String("hdr", EncodedHistogram.Of(latency));
        json.WriteStartArray("curve");
        foreach (var (percentile, value) in LatencyCurve.Of(latency))
        {
            json.WriteStartArray();
            json.WriteNumberValue(Math.Round(percentile, 6));
            json.WriteNumberValue(Math.Round(value, 3));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value) => json.WriteNumber(name, Math.Round(value, 6));
}
