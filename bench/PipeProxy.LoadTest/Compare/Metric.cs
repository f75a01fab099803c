namespace PipeProxy.LoadTest.Compare;

/// <summary>A figure that runs are compared by.</summary>
/// <param name="Name">As in the result, or <c>cpu NAME</c> and <c>memory NAME</c> for watched processes.</param>
internal sealed record Metric(string Name)
{
    private const string Cpu = "cpu ";
    private const string Memory = "memory ";

    /// <summary>The one that is often zero, and then has no ratio.</summary>
    internal const string ErrorRate = "error-rate";

    internal bool LowerIsBetter => Name != "rate";

    internal static string CpuOf(string? process) => Cpu + process;

    internal static string MemoryOf(string? process) => Memory + process;

    internal string Format(double value) => Name switch
    {
        "rate" => $"{Text.Rate(value)}/s",
        ErrorRate => Text.Percent(value),
        _ when Name.StartsWith(Memory, StringComparison.Ordinal) => Text.Bytes(value),
        _ => Text.Microseconds(value),
    };
}
