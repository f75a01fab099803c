using System.Text.Encodings.Web;
using System.Text.Json;

namespace PipeProxy.Comparison;

/// <summary>The report as JSON: facts, every estimate, and every round that they come from.</summary>
internal static class JsonReport
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the file.</summary>
    public static void Write(string file, ComparisonReport report)
    {
        using var stream = File.Create(file);
        Write(stream, report, Readable);
    }

    internal static void Write(Stream stream, ComparisonReport report, JsonWriterOptions options)
    {
        using var json = new Utf8JsonWriter(stream, options);
        json.WriteStartObject();
        json.WriteStartObject("facts");
        foreach (var (name, value) in report.Facts.Items)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        WriteNumber(json, "smallestDifference", report.Floor ?? double.NaN);
        json.WriteStartArray("sections");
        foreach (var (section, cases) in report.Sections)
        {
            WriteSection(json, section, cases);
        }

        json.WriteEndArray();
        json.WriteStartArray("rounds");
        foreach (var round in report.Rounds)
        {
            // A line each: there are hundreds.
            json.WriteRawValue(Line(round));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSection(Utf8JsonWriter json, Section section, IReadOnlyList<CaseResult> cases)
    {
        json.WriteStartObject();
        json.WriteString("section", section.Name);
        json.WriteString("title", section.Title);
        json.WriteString("ratioTo", section.Base);
        json.WriteString("ratioOf", section.Compared?.Name);
        json.WriteStartArray("cases");
        foreach (var result in cases)
        {
            json.WriteStartObject();
            json.WriteString("case", result.Name);
            json.WriteString("title", result.Title);
            json.WriteStartArray("proxies");
            foreach (var proxy in result.Proxies)
            {
                WriteProxy(json, section, proxy);
            }

            json.WriteEndArray();
            if (result.BestPeer is not null)
            {
                json.WriteString("bestPeer", result.BestPeer);
                WriteEstimate(json, "ratioToBestPeer", result.ToBestPeer);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteProxy(Utf8JsonWriter json, Section section, ProxyResult proxy)
    {
        json.WriteStartObject();
        json.WriteString("proxy", proxy.Proxy);
        foreach (var (figure, estimate) in section.Figures.Zip(proxy.Figures))
        {
            WriteEstimate(json, figure.Name, estimate);
        }

        if (section.Compared is not null)
        {
            WriteEstimate(json, "ratio", proxy.Ratio);
        }

        if (proxy.Remark.Length > 0)
        {
            json.WriteString("remark", proxy.Remark);
        }

        json.WriteNumber("rounds", proxy.Good.Count);
        json.WriteNumber("lostRounds", proxy.Lost.Count);
        json.WriteEndObject();
    }

    private static void WriteEstimate(Utf8JsonWriter json, string name, Estimate estimate)
    {
        json.WriteStartObject(name);
        WriteNumber(json, "median", estimate.Median);
        WriteNumber(json, "low", estimate.Low);
        WriteNumber(json, "high", estimate.High);
        WriteNumber(json, "coverage", estimate.Coverage);
        json.WriteNumber("rounds", estimate.Count);
        json.WriteEndObject();
    }

    private static byte[] Line(Round round)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, Readable with { Indented = false }))
        {
            json.WriteStartObject();
            json.WriteString("section", round.Section);
            json.WriteString("case", round.Case);
            json.WriteString("proxy", round.Proxy);
            json.WriteNumber("round", round.Number);
            foreach (var (name, value) in round.Values)
            {
                WriteNumber(json, name, value);
            }

            if (round.Lost is not null)
            {
                json.WriteString("lost", round.Lost);
            }

            json.WriteEndObject();
        }

        return line.ToArray();
    }

    // JSON has no NaN: what is not there is null.
    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, Math.Round(value, 6));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
