using PipeProxy.LoadTest.Load;
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

    /// <summary>Tries the files, before the run.</summary>
    /// <exception cref="LoadException">One cannot be written.</exception>
    internal ReportFiles OpenFiles() => new(this);
}
