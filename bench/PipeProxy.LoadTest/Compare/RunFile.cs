using System.Text.Json;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Compare;

/// <summary>A result as a file holds it: the figures that can be compared, by name, and the options that make them comparable.</summary>
internal sealed class RunFile
{
    private static readonly string[] Latencies = ["mean", "p50", "p75", "p90", "p99", "p99.9", "p99.99", "max"];

    // What differs by nature between runs of the same thing.
    private static readonly string[] FreeOptions = ["headers"];

    // A name that stands twice has no value.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private RunFile(string path, string started, IReadOnlyDictionary<string, double> figures, IReadOnlyDictionary<string, string> options)
        => (Path, Started, Figures, Options) = (path, started, figures, options);

    internal string Path { get; }

    /// <summary>ISO 8601 in UTC, so its order is that of time.</summary>
    internal string Started { get; }

    /// <summary>By <see cref="Metric.Name"/>.</summary>
    internal IReadOnlyDictionary<string, double> Figures { get; }

    /// <summary>As JSON text, by name.</summary>
    internal IReadOnlyDictionary<string, string> Options { get; }

    /// <exception cref="LoadException">It is no result of this tool.</exception>
    internal static RunFile Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Strict);
            return Read(path, document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new LoadException($"'{path}' is no result of pipeproxy-bench --json: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"'{path}' cannot be read: {e.Message}");
        }
    }

    private static RunFile Read(string path, JsonElement run)
    {
        if (run.GetProperty("tool").GetString() != "pipeproxy-bench")
        {
            throw new FormatException("its tool is another one.");
        }

        var figures = new Dictionary<string, double>(StringComparer.Ordinal) { ["rate"] = run.GetProperty("rate").GetDouble() };
        var latency = run.GetProperty("latency");
        foreach (var name in Latencies)
        {
            figures[name] = latency.GetProperty(name).GetDouble();
        }

        figures[Metric.ErrorRate] = run.GetProperty("errors").GetProperty("rate").GetDouble();
        foreach (var process in run.GetProperty("watched").EnumerateArray())
        {
            if (process.TryGetProperty("known", out var known) && !known.GetBoolean())
            {
                continue;
            }

            var name = process.GetProperty("name").GetString();
            figures[Metric.CpuOf(name)] = process.GetProperty("cpuPerRequestMicros").GetDouble();
            figures[Metric.MemoryOf(name)] = process.GetProperty("rssPeakBytes").GetDouble();
        }

        var options = run.GetProperty("options").EnumerateObject()
            .Where(static option => !FreeOptions.Contains(option.Name))
            .ToDictionary(static option => option.Name, static option => option.Value.GetRawText(), StringComparer.Ordinal);
        return new RunFile(path, run.GetProperty("started").GetString()!, figures, options);
    }
}
