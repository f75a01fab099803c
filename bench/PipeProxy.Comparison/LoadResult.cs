using System.Text.Json;

namespace PipeProxy.Comparison;

/// <summary>A result of the load generator, as far as it is compared.</summary>
internal static class LoadResult
{
    /// <summary>Takes the figures out of a result file.</summary>
    /// <returns>Why there is nothing to take; null when there is.</returns>
    public static string? Read(string file, Dictionary<string, double> values)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            Read(document.RootElement, values);
            return null;
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"the load generator left no result: {e.Message}";
        }
    }

    internal static void Read(JsonElement result, Dictionary<string, double> values)
    {
        values["requests"] = result.GetProperty("requests").GetDouble();
        values["rate"] = result.GetProperty("rate").GetDouble();
        values["errors"] = result.GetProperty("errors").GetProperty("total").GetDouble();
        foreach (var value in result.GetProperty("latency").EnumerateObject())
        {
            if (value.Name.StartsWith('p')) // p50 to p99.999, in microseconds
            {
                values[value.Name] = value.Value.GetDouble();
            }
        }

        if (result.TryGetProperty("watched", out var watched) && watched.GetArrayLength() > 0 && IsWhole(watched[0]))
        {
            values["cpuSeconds"] = watched[0].GetProperty("cpuSeconds").GetDouble();
        }
    }

    // Of a process that was gone before measuring began the figures are zeros, of one that ended meanwhile those of its last sample.
    private static bool IsWhole(JsonElement process)
        => !(process.TryGetProperty("known", out var known) && !known.GetBoolean()) && !(process.TryGetProperty("gone", out var gone) && gone.GetBoolean());
}
