using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>Calls back on a loop at a moment, as exactly as the system allows. The loop's own deadlines are accurate to 100 ms, which paces nothing.</summary>
internal abstract class Alarm : IDisposable
{
    /// <summary>Makes one; on the loop.</summary>
    /// <param name="loop">Where to call back.</param>
    /// <param name="ring">What to call.</param>
    internal static Alarm Create(EventLoop loop, Action ring)
        => loop.Transport is EpollTransport transport ? new TimerAlarm(transport, ring) : new ThreadAlarm(loop, ring);

    /// <summary>Sets it, in place of what was set. On the loop.</summary>
    /// <param name="at">A moment of <see cref="Clock"/>; one that has passed rings at once.</param>
    internal abstract void Set(long at);

    public abstract void Dispose();
}
