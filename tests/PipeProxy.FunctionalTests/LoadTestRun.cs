using System.Text.Json;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A run of the load generator that has ended, and its result as JSON.</summary>
internal sealed class LoadTestRun(int exitCode, string output, string error) : IDisposable
{
    private readonly JsonDocument? _json = output.Length > 0 ? JsonDocument.Parse(output) : null;

    internal int ExitCode => exitCode;

    internal string Error => error;

    internal bool HasResult => _json is not null;

    internal JsonElement Json => _json?.RootElement ?? throw new InvalidOperationException($"There is no result: {error}");

    internal static async Task<LoadTestRun> RunAsync(params string[] arguments)
    {
        await using var process = await TestProcess.RunAsync(LoadTestBinary.Path, [.. arguments, "--output", "json"], timeout: TimeSpan.FromSeconds(60));
        return Of(process, process.ExitCode);
    }

    internal static LoadTestRun Of(TestProcess process, int exitCode) => new(exitCode, string.Join('\n', process.OutputLines), string.Join('\n', process.ErrorLines));

    internal long Whole(params string[] path) => path.Aggregate(Json, static (element, name) => element.GetProperty(name)).GetInt64();

    internal double Sum(string ofIntervals) => Json.GetProperty("intervals").EnumerateArray().Sum(slot => slot.GetProperty(ofIntervals).GetDouble());

    public void Dispose() => _json?.Dispose();
}
