using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>Calls back on a loop at a moment, as exactly as the system allows. The loop's own deadlines are accurate to 100 ms, which paces nothing.</summary>
internal sealed class Alarm : IDisposable
{
    private static readonly long Spun = Clock.Millisecond;

    private readonly object _gate = new();
    private readonly EventLoop _loop;
    private readonly Action<object?> _ring;
    private readonly object? _state;
    private long _at = long.MaxValue;
    private bool _stopped;

    /// <summary>Starts a thread that sleeps until shortly before the moment and spins for the rest.</summary>
    internal Alarm(EventLoop loop, Action<object?> ring, object? state)
    {
        (_loop, _ring, _state) = (loop, ring, state);
        new Thread(static self => ((Alarm)self!).Run()) { Name = "alarm", IsBackground = true }.UnsafeStart(this);
    }

    /// <summary>Sets it, in place of what was set.</summary>
    internal void Set(long at)
    {
        lock (_gate)
        {
            _at = at;
            Monitor.Pulse(_gate);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (true)
        {
            lock (_gate)
            {
                var left = _at - Clock.Now;
                while (left > Spun && !_stopped)
                {
                    Monitor.Wait(_gate, _at == long.MaxValue ? Timeout.Infinite : (int)Math.Min(1000, left / Clock.Millisecond));
                    left = _at - Clock.Now;
                }

                if (_stopped)
                {
                    return;
                }

                if (left > 0)
                {
                    continue;
                }

                _at = long.MaxValue;
            }

            _loop.Post(_ring, _state);
        }
    }
}
