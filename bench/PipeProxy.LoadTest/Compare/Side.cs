using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Compare;

/// <summary>Runs of the same thing, in the order in which they were made.</summary>
internal sealed record Side(string Name, IReadOnlyList<RunFile> Runs)
{
    /// <summary>Reads a side.</summary>
    /// <param name="text">A file, a folder with <c>*.json</c> files, or several of these with commas between.</param>
    /// <exception cref="LoadException">There are no results.</exception>
    internal static Side Read(string text)
    {
        var parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var files = parts.SelectMany(static part => Directory.Exists(part) ? Directory.GetFiles(part, "*.json").Order(StringComparer.Ordinal) : Enumerable.Repeat(part, 1)).ToArray();
        return files.Length > 0
            ? new Side(text, [.. files.Select(RunFile.Read).OrderBy(static run => run.Started, StringComparer.Ordinal)])
            : throw new LoadException($"'{text}' holds no results (*.json).");
    }

    /// <summary>A figure of each run; empty when a run lacks it.</summary>
    internal IReadOnlyList<double> Values(string metric)
        => Runs.All(run => run.Figures.ContainsKey(metric)) ? [.. Runs.Select(run => run.Figures[metric])] : [];

    /// <summary>Of some run nothing succeeded: its other figures say how fast it fails.</summary>
    internal bool Failed => Runs.Any(static run => run.Figures[Metric.ErrorRate] >= 1);

    internal double MedianOf(string metric) => Median.Of(Values(metric));
}
