namespace PipeProxy.LoadTest.Load;

/// <summary>Requests of the closed loop that had no answer when its time was over: no latency tells of them.</summary>
internal sealed class WaitingRequests
{
    private readonly long[] _ages;

    /// <summary>Of all loops.</summary>
    /// <param name="since">When they began, on <see cref="Clock"/>.</param>
    /// <param name="end">When the time was over.</param>
    internal WaitingRequests(IEnumerable<long[]> since, long end) => _ages = [.. since.SelectMany(static times => times).Select(begun => end - begun).Where(static age => age > 0)];

    internal static WaitingRequests None { get; } = new([], 0);

    internal int Count => _ages.Length;

    /// <summary>How long the oldest had waited, in nanoseconds; 0 when none was.</summary>
    internal long Longest => _ages.Length == 0 ? 0 : _ages.Max();

    /// <summary>How many had waited longer than this, in nanoseconds.</summary>
    internal int LongerThan(long nanoseconds) => _ages.Count(age => age > nanoseconds);
}
