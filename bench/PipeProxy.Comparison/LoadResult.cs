using System.Text.Json;

namespace PipeProxy.Comparison;

/// <summary>A result of the load generator, as far as it is compared.</summary>
internal static class LoadResult
{
    /// <summary>Takes the figures out of a result file.</summary>
    /// <returns>Why there is nothing to take; null when there is.</returns>
    public static string? Read(string file, Dictionary<string, double> values, Dictionary<string, double[]> series)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            Read(document.RootElement, values, series);
            return null;
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"the load generator left no result: {e.Message}";
        }
    }

    internal static void Read(JsonElement result, Dictionary<string, double> values, Dictionary<string, double[]> series)
    {
        values["requests"] = result.GetProperty("requests").GetDouble();
        values["rate"] = result.GetProperty("rate").GetDouble();
        values["errors"] = Total(result.GetProperty("errors"));
        var latency = result.GetProperty("latency");
        values["p50"] = latency.GetProperty("p50").GetDouble();
        values["p99"] = latency.GetProperty("p99").GetDouble();
        values["p99.9"] = latency.GetProperty("p99.9").GetDouble();
        if (result.TryGetProperty("watched", out var watched) && watched.GetArrayLength() > 0)
        {
            values["cpuSeconds"] = watched[0].GetProperty("cpuSeconds").GetDouble();
        }
    }

    // A number, or a number for each kind of error.
    private static double Total(JsonElement errors) => errors.ValueKind switch
    {
        JsonValueKind.Number => errors.GetDouble(),
        JsonValueKind.Object => errors.EnumerateObject().Sum(static kind => Total(kind.Value)),
        _ => 0,
    };
}
