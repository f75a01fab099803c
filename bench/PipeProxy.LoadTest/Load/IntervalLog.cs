using PipeProxy.LoadTest.Progress;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest.Load;

/// <summary>What all loops counted, interval by interval and in all; the intervals add up to the whole.</summary>
/// <remarks>Called by one thread at a time.</remarks>
internal sealed class IntervalLog(LoadLoop[] loops, IRunProgress progress)
{
    private readonly Queue<Tally> _spare = new(loops.Select(static _ => new Tally()));
    private readonly List<IntervalResult> _closed = [];
    private bool _isOpen;

    internal Tally Total { get; } = new();

    /// <summary>What was taken last and is in no interval yet.</summary>
    internal Tally Taken { get; } = new();

    internal IReadOnlyList<IntervalResult> Intervals => _closed;

    /// <summary>Takes over what every loop counted since the last call.</summary>
    /// <param name="begins">Measuring begins here.</param>
    /// <param name="limits">From here on only so many requests, per loop and lane; null for no limit.</param>
    /// <returns>The moments at which the first loop handed over and the last.</returns>
    internal async Task<(long First, long Last)> TakeAsync(bool begins = false, long[][]? limits = null)
    {
        var taken = await Task.WhenAll(loops.Select((loop, index) => loop.TakeAsync(_spare.Dequeue(), begins, limits?[index]))).ConfigureAwait(false);
        if (!_isOpen)
        {
            Taken.Clear();
        }

        _isOpen = true;
        foreach (var (tally, _) in taken)
        {
            Taken.Add(tally);
            tally.Clear();
            _spare.Enqueue(tally);
        }

        return (taken.Min(static part => part.At), taken.Max(static part => part.At));
    }

    /// <summary>What was taken was not measured.</summary>
    internal void Drop()
    {
        Taken.Clear();
        _isOpen = false;
    }

    /// <summary>What was taken last is an interval that ends with the measured time, or behind it.</summary>
    /// <param name="seconds">The end of the measured time.</param>
    /// <param name="last">The moment of the last answer, since measuring began too.</param>
    internal void CloseLast(double seconds, double last)
    {
        if (_closed.Count == 0 || _closed[^1].At < seconds)
        {
            Close(seconds);
        }
        else if (Taken.Requests + Taken.Errors > 0)
        {
            Close(Math.Max(last, seconds));
        }
    }

    /// <summary>What was taken is one interval. Without a call, it goes on with what is taken next.</summary>
    /// <param name="seconds">Its end, since measuring began.</param>
    internal void Close(double seconds)
    {
        var interval = IntervalResult.Of(Taken, seconds, _closed.Count == 0 ? 0 : _closed[^1].At);
        Total.Add(Taken);
        _closed.Add(interval);
        _isOpen = false;
        progress.Measured(interval, Total);
    }
}
