using System.Diagnostics;

namespace PipeProxy.LoadTest.Load;

/// <summary>The one clock of a run: nanoseconds from an arbitrary moment, never backwards.</summary>
internal static class Clock
{
    internal const long Second = 1_000_000_000;
    internal const long Millisecond = 1_000_000;

    // Constant once compiled. 1 on Linux and macOS, 100 on Windows.
    private static readonly long NanosecondsPerTick = Second / Stopwatch.Frequency;

    internal static long Now => Stopwatch.GetTimestamp() * NanosecondsPerTick;

    /// <summary>At most 73 years, so that a moment and a time always add up.</summary>
    internal static long Of(TimeSpan time) => (long)Math.Min(time.TotalMilliseconds * Millisecond, long.MaxValue / 4);

    internal static double Seconds(long nanoseconds) => (double)nanoseconds / Second;
}
