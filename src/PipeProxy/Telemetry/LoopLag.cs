using System.Diagnostics;
using System.Numerics;

namespace PipeProxy.Telemetry;

/// <summary>How long a loop was busy at a stretch: the longest that an event which had just missed its turn waited.</summary>
/// <remarks>The loop alone records, a store per round; anyone reads. Sixteen steps per doubling of a microsecond, so a quantile is exact to 6 %; what takes longer than a minute counts as a minute.</remarks>
internal sealed class LoopLag
{
    private const int StepBits = 4;
    private const int Steps = 1 << StepBits;
    private const long MaxMicroseconds = 60_000_000;

    private readonly long[] _counts = new long[IndexOf(MaxMicroseconds) + 1];

    /// <summary>Counts one stretch.</summary>
    /// <param name="ticks">In ticks of <see cref="Stopwatch"/>.</param>
    public void Record(long ticks)
    {
        ref var count = ref _counts[IndexOf(Math.Clamp((long)(ticks * (1e6 / Stopwatch.Frequency)), 0, MaxMicroseconds))];
        Volatile.Write(ref count, count + 1);
    }

    /// <summary>What has been counted so far; the difference of two of them is what happened in between.</summary>
    public long[] Read() => [.. _counts];

    /// <summary>The duration that a share of the stretches did not exceed.</summary>
    /// <param name="counts">Of <see cref="Read"/>, or a difference.</param>
    /// <param name="share">0 to 1.</param>
    /// <returns>Zero when nothing was counted.</returns>
    public static TimeSpan Quantile(ReadOnlySpan<long> counts, double share)
    {
        var total = 0L;
        foreach (var count in counts)
        {
            total += count;
        }

        var rank = (long)Math.Ceiling(total * share);
        for (var i = 0; i < counts.Length; i++)
        {
            rank -= counts[i];
            if (rank <= 0 && total > 0)
            {
                return TimeSpan.FromMicroseconds(UpperBoundOf(i));
            }
        }

        return TimeSpan.Zero;
    }

    private static int IndexOf(long microseconds)
    {
        if (microseconds < Steps)
        {
            return (int)microseconds;
        }

        var shift = BitOperations.Log2((ulong)microseconds) - StepBits;
        return ((shift + 1) << StepBits) + (int)((microseconds >> shift) & (Steps - 1));
    }

    private static long UpperBoundOf(int index)
    {
        var shift = (index >> StepBits) - 1;
        return shift < 0 ? index : ((long)(Steps + (index & (Steps - 1)) + 1) << shift) - 1;
    }
}
