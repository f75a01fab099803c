using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>An alarm for systems without timer descriptors: a thread that sleeps until shortly before the moment and spins for the rest.</summary>
internal sealed class ThreadAlarm : Alarm
{
    private static readonly long Spun = Clock.Millisecond;

    private readonly object _gate = new();
    private readonly EventLoop _loop;
    private readonly Action _ring;
    private long _at = long.MaxValue;
    private bool _stopped;

    internal ThreadAlarm(EventLoop loop, Action ring)
    {
        (_loop, _ring) = (loop, ring);
        new Thread(static self => ((ThreadAlarm)self!).Run()) { Name = "alarm", IsBackground = true }.UnsafeStart(this);
    }

    internal override void Set(long at)
    {
        lock (_gate)
        {
            _at = at;
            Monitor.Pulse(_gate);
        }
    }

    public override void Dispose()
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

            _loop.Post(static ring => ((Action)ring!)(), _ring);
        }
    }
}
