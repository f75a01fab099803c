using System.Text.Json;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Compare;

/// <summary>A result as a file holds it: the figures that can be compared, by name, and the options that make them comparable.</summary>
internal sealed class RunFile
{
    private static readonly string[] Latencies = ["mean", "p50", "p75", "p90", "p99", "p99.9", "p99.99", "max"];

    // What differs by nature between runs of the same thing, or is compared by itself.
    private static readonly string[] FreeOptions = ["headers", "targets"];

    // A name that stands twice has no value.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>ISO 8601 in UTC, so its order is that of time.</summary>
    internal required string Started { get; init; }

    /// <summary>Of the tool that made it.</summary>
    internal required string Version { get; init; }

    /// <summary>Ended early, so its figures are of another time than it says.</summary>
    internal required bool Interrupted { get; init; }

    /// <summary>URLs, with their weights where these are not 1.</summary>
    internal required IReadOnlyList<string> Targets { get; init; }

    /// <summary>By <see cref="Metric.Name"/>.</summary>
    internal required IReadOnlyDictionary<string, double> Figures { get; init; }

    /// <summary>As JSON text, by name.</summary>
    internal required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <exception cref="LoadException">It is no result of this tool.</exception>
    internal static RunFile Read(string path)
    {
        try
        {
            var content = InputFile.Read(path, InputFile.MostResult);
            using var document = content.Length > 0 ? JsonDocument.Parse(content, Strict) : throw new FormatException("it is empty.");
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new LoadException($"'{path}' is no result of pipeproxy-bench --json: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"'{path}' cannot be read: {e.Message}");
        }
    }

    private static RunFile Read(JsonElement run)
    {
        if (Member(run, "tool").GetString() != "pipeproxy-bench")
        {
            throw new FormatException("its tool is another one.");
        }

        var figures = new Dictionary<string, double>(StringComparer.Ordinal) { ["rate"] = Member(run, "rate").GetDouble() };
        foreach (var name in Latencies)
        {
            figures[name] = Member(run, "latency", name).GetDouble();
        }

        figures[Metric.ErrorRate] = Member(run, "errors", "rate").GetDouble();
        foreach (var process in Member(run, "watched").EnumerateArray())
        {
            if (process.TryGetProperty("known", out var known) && !known.GetBoolean())
            {
                continue;
            }

            var name = Member(process, "name").GetString();
            figures[Metric.CpuOf(name)] = Member(process, "cpuPerRequestMicros").GetDouble();
            figures[Metric.MemoryOf(name)] = Member(process, "rssPeakBytes").GetDouble();
        }

        return new RunFile
        {
            Started = Member(run, "started").GetString() ?? "",
            Version = run.TryGetProperty("version", out var version) ? version.ToString() : "unknown",
            Interrupted = run.TryGetProperty("interrupted", out var interrupted) && interrupted.ValueKind == JsonValueKind.True,
            Targets = [.. Member(run, "options", "targets").EnumerateArray().Select(TargetOf)],
            Figures = figures,
            Options = Member(run, "options").EnumerateObject()
                .Where(static option => !FreeOptions.Contains(option.Name))
                .ToDictionary(static option => option.Name, static option => option.Value.GetRawText(), StringComparer.Ordinal),
        };
    }

    private static string TargetOf(JsonElement target)
        => Member(target, "url").GetString() + (target.TryGetProperty("weight", out var weight) && weight.GetRawText() != "1" ? $"={weight.GetRawText()}" : "");

    private static JsonElement Member(JsonElement element, params ReadOnlySpan<string> path)
    {
        for (var i = 0; i < path.Length; i++)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(path[i], out element))
            {
                throw new FormatException($"no member '{string.Join('.', path[..(i + 1)]!)}'.");
            }
        }

        return element;
    }
}
