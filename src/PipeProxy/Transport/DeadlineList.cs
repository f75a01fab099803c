namespace PipeProxy.Transport;

/// <summary>The deadlines that are set on one loop, compared with its clock on a tick.</summary>
/// <remarks>
/// A tick every 100 ms looks at all of them: ten thousand compares are some ten microseconds, and setting and clearing, which happen per request, are a store each.
/// The timer runs only while a deadline is set; it is stopped by the tick that finds none, so that requests do not start and stop it.
/// </remarks>
internal sealed class DeadlineList(EventLoop loop) : IDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);

    private Deadline[] _set = new Deadline[16];
    private int _count;
    private ITimer? _timer;
    private bool _ticking;
    private int _tickPosted;

    /// <summary>How many are set.</summary>
    internal int Count => _count;

    internal void Add(Deadline deadline)
    {
        if (_count == _set.Length)
        {
            Array.Resize(ref _set, _count * 2);
        }

        deadline.Slot = _count;
        _set[_count++] = deadline;
        if (!_ticking)
        {
            _ticking = true;
            _timer ??= loop.Time.CreateTimer(static state => ((DeadlineList)state!).PostTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(TickInterval, TickInterval);
        }
    }

    internal void Remove(Deadline deadline)
    {
        var last = _set[--_count];
        _set[deadline.Slot] = last;
        last.Slot = deadline.Slot;
        _set[_count] = null!;
        deadline.Slot = -1;
    }

    public void Dispose() => _timer?.Dispose();

    // Runs on the timer's thread. Ticks that the loop has not come to yet are one tick.
    private void PostTick()
    {
        if (Interlocked.Exchange(ref _tickPosted, 1) == 0)
        {
            loop.Post(static state => ((DeadlineList)state!).Tick(), this);
        }
    }

    private void Tick()
    {
        // In this order: a tick that comes after the clock was read is posted again.
        Interlocked.Exchange(ref _tickPosted, 0);
        var now = loop.ReadClock();

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

        if (_count == 0)
        {
            _ticking = false;
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
