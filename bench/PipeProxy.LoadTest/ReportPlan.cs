using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.LoadTest;

/// <summary>What becomes of a result.</summary>
internal sealed record ReportPlan
{
    /// <summary>JSON on standard output instead of text.</summary>
    internal bool AsJson { get; init; }

    internal string? Json { get; init; }

    internal string? Csv { get; init; }

    internal string? Html { get; init; }

    internal bool Quiet { get; init; }

    internal IReadOnlyList<FailCondition> FailIf { get; init; } = [];

    internal IReadOnlyList<WatchedProcess> Watched { get; init; } = [];

    internal async Task WriteAsync(LoadResult result, TextWriter output)
    {
        var json = JsonReport.Of(result);
        await output.WriteAsync(AsJson ? json : TextReport.Of(result)).ConfigureAwait(false);
        foreach (var (file, text) in new[] { (Json, json), (Csv, CsvReport.Of(result)), (Html, HtmlReport.Of(json)) })
        {
            if (file is not null)
            {
                await File.WriteAllTextAsync(file, text).ConfigureAwait(false);
            }
        }
    }
}
