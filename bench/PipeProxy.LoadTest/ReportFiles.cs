using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest;

/// <summary>Where the result of a run goes: standard output, and the files asked for.</summary>
internal sealed class ReportFiles : IDisposable
{
    private readonly bool _asJson;
    private readonly OutputFile? _json;
    private readonly OutputFile? _csv;
    private readonly OutputFile? _html;

    /// <exception cref="LoadException">A file cannot be written.</exception>
    internal ReportFiles(ReportPlan plan)
    {
        _asJson = plan.AsJson;
        try
        {
            _json = OutputFile.Open("--json", plan.Json);
            _csv = OutputFile.Open("--csv", plan.Csv);
            _html = OutputFile.Open("--html", plan.Html);
        }
        catch (LoadException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Writes all that can be written: a run is dear, and one full disk must not take the rest of it.</summary>
    /// <returns>What went wrong.</returns>
    internal async Task<IReadOnlyList<string>> WriteAsync(LoadResult result, TextWriter output, TextWriter error)
    {
        var taken = new[] { _json, _csv, _html }.Any(static file => file is { IsStandardOutput: true });
        var json = JsonReport.Of(result);
        var wrong = new List<string>();
        try
        {
            await (taken ? error : output).WriteAsync(_asJson ? json : TextReport.Of(result)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            wrong.Add($"standard output cannot be written: {e.Message}");
        }

        foreach (var (file, text) in new[] { (_json, json), (_csv, CsvReport.Of(result)), (_html, HtmlReport.Of(json)) })
        {
            if (file is not null && await file.WriteAsync(text, output).ConfigureAwait(false) is { } reason)
            {
                wrong.Add(reason);
            }
        }

        return wrong;
    }

    public void Dispose()
    {
        _json?.Dispose();
        _csv?.Dispose();
        _html?.Dispose();
    }
}
