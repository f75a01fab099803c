namespace PipeProxy.Transport;

/// <summary>The deadlines that are set on one loop, compared with its clock on a tick.</summary>
/// <remarks>
/// While a deadline is set, a tick every 100 ms looks at all of them: ten thousand compares are some ten microseconds, and setting and clearing, which happen per request, are a store each.
/// The loop wakes itself for it, so no other thread takes part; a clock that a test moves by hand is looked at as often.
/// </remarks>
internal sealed class DeadlineList(EventLoop loop)
{
    private const int TickMilliseconds = 100;

    private Deadline[] _set = new Deadline[16];
    private int _count;
    private long _nextTick;

    /// <summary>How many are set.</summary>
    internal int Count => _count;

    /// <summary>How long the loop may sleep before the next tick; -1 when nothing is waited for.</summary>
    internal int MillisecondsToTick => _count == 0 ? Timeout.Infinite : (int)Math.Clamp(_nextTick - loop.Now, 0, TickMilliseconds);

    internal void Add(Deadline deadline)
    {
        if (_count == _set.Length)
        {
            Array.Resize(ref _set, _count * 2);
        }

        // Only a tick that nobody waited for begins anew: one that every byte of a slow peer moved would never come.
        if (_count == 0 && _nextTick <= loop.Now)
        {
            _nextTick = loop.Now + TickMilliseconds;
        }

        deadline.Slot = _count;
        _set[_count++] = deadline;
    }

    internal void Remove(Deadline deadline)
    {
        var last = _set[--_count];
        _set[deadline.Slot] = last;
        last.Slot = deadline.Slot;
        _set[_count] = null!;
        deadline.Slot = -1;
    }

    /// <summary>Once per round of the loop: tells the owners of those that have passed, if it is time for a look.</summary>
    internal void TickIfDue()
    {
        if (_count > 0 && loop.Now >= _nextTick)
        {
            Tick();
        }
    }

    private void Tick()
    {
        var now = loop.Now;
        _nextTick += (((now - _nextTick) / TickMilliseconds) + 1) * TickMilliseconds;

        // From the end, because owners set and clear deadlines meanwhile: a removal moves the last entry down, and what lies above the index was looked at already
        // or has just been set. Looking at one twice is harmless.
        for (var i = _count - 1; i >= 0; i = Math.Min(i, _count) - 1)
        {
            var deadline = _set[i];
            if (deadline.Due <= now)
            {
                loop.Run(static state => ((Deadline)state!).Pass(), deadline);
            }
        }
    }
}
