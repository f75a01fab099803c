namespace PipeProxy.LoadTest.Load;

/// <summary>When the requests of an open loop are meant to start: evenly spaced, decided before the first is sent.</summary>
/// <remarks>
/// A request that finds no free connection stays due, and its latency counts from the moment it was meant to start. So a stall of the origin counts for every request that fell into it, and not just for those
/// that were under way: no coordinated omission.
/// </remarks>
internal sealed class Arrivals(double ratePerSecond, double phase)
{
    private readonly double _spacing = Clock.Second / ratePerSecond;
    private long _start = long.MaxValue;
    private long _taken;
    private long _limit = long.MaxValue;
    private long _end = long.MaxValue;

    /// <summary>When the next is due, on <see cref="Clock"/>; never when all are taken or the schedule has not started.</summary>
    internal long Next { get; private set; } = long.MaxValue;

    /// <summary>Starts the schedule.</summary>
    /// <param name="now">When.</param>
    internal void Start(long now)
    {
        (_start, _taken) = (now, 0);
        Advance();
    }

    /// <summary>As it was made, for another start.</summary>
    internal void Reset() => (_start, _taken, _limit, _end) = (long.MaxValue, 0, long.MaxValue, long.MaxValue);

    /// <summary>What was due before and was not taken is not sent any more, and does not count.</summary>
    internal void Skip(long now)
    {
        _taken += Overdue(now - 1);
        Advance();
    }

    /// <summary>Only so many more.</summary>
    internal void Limit(long count)
    {
        _limit = _taken + count;
        Advance();
    }

    /// <summary>The schedule ends at this moment; so a duration has the same number of requests each time.</summary>
    internal void EndAt(long end)
    {
        _end = end;
        Advance();
    }

    /// <summary>No more.</summary>
    internal void Stop()
    {
        _limit = _taken;
        Advance();
    }

    internal bool TryTake(long now, out long intended)
    {
        intended = Next;
        if (intended > now)
        {
            return false;
        }

        _taken++;
        Advance();
        return true;
    }

    /// <summary>How many are due and were not taken.</summary>
    internal long Overdue(long now)
    {
        var until = Math.Min(now, _end - 1);
        return _start > until ? 0 : Math.Max(0, Math.Min(_limit, (long)Math.Floor(((until - _start) / _spacing) - phase) + 1) - _taken);
    }

    // From the start each time: adding up spacings would add up what rounding lost.
    private void Advance()
    {
        var next = _taken < _limit && _start != long.MaxValue ? _start + (long)((_taken + phase) * _spacing) : long.MaxValue;
        Next = next < _end ? next : long.MaxValue;
    }
}
