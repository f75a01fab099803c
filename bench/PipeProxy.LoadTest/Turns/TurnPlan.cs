using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Turns;

/// <summary>Who takes turns, and how; immutable.</summary>
internal sealed record TurnPlan
{
    internal required IReadOnlyList<TurnTarget> Targets { get; init; }

    /// <summary>What each does in its turn. Connections are each target's own.</summary>
    internal required LoadPlan Load { get; init; }

    /// <summary>How long a turn is, or with a storm the time before it. Default 100 ms: longer than what a cold cache costs, shorter than the weather of a shared machine.</summary>
    internal TimeSpan Turn { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many turns each takes. Default 50.</summary>
    internal int Rounds { get; init; } = 50;

    /// <summary>Comes at the end of each turn, and then what happens during it is the result. Null: none.</summary>
    internal Storm? Storm { get; init; }
}
