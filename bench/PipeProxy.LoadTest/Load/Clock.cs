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

    internal static long Of(TimeSpan time) => (long)(time.TotalMilliseconds * Millisecond);

    internal static double Seconds(long nanoseconds) => (double)nanoseconds / Second;
}
