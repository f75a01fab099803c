using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>Spreads handshakes over time: a flood of them waits here instead of taking the processors from requests, or an origin's. Any thread.</summary>
/// <remarks>
/// A leaky bucket as one number, the moment at which the next handshake is due (GCRA). A tenth of a second's worth may begin at once, which is also the tick of the loops' clocks.
/// </remarks>
internal sealed class HandshakeRate(TimeProvider time)
{
    private long _due = time.GetTimestamp();
    private volatile int _perSecond;

    /// <summary>Handshakes per second; null: no bound.</summary>
    internal int? PerSecond
    {
        get => _perSecond == 0 ? null : _perSecond;
        set => _perSecond = value ?? 0;
    }

    /// <summary>Takes the next turn.</summary>
    /// <param name="within">A turn later than that is not taken.</param>
    /// <returns>How long to wait for it; null when it would be too late.</returns>
    internal TimeSpan? Take(TimeSpan within)
    {
        var perSecond = _perSecond;
        if (perSecond == 0)
        {
            return TimeSpan.Zero;
        }

        var interval = time.TimestampFrequency / perSecond;
        var burst = Math.Max(interval, time.TimestampFrequency / 10) - interval;
        while (true)
        {
            var now = time.GetTimestamp();
            var due = Volatile.Read(ref _due);
            var begin = Math.Max(due, now - burst);
            var wait = begin <= now ? TimeSpan.Zero : time.GetElapsedTime(now, begin);
            if (wait > within)
            {
                return null;
            }

            if (Interlocked.CompareExchange(ref _due, begin + interval, due) == due)
            {
                return wait;
            }
        }
    }

    /// <summary>Waits on the calling loop.</summary>
    internal static Task WaitAsync(EventLoop loop, TimeSpan wait) => new Turn(loop, wait).Come;

    private sealed class Turn : IDeadlineOwner
    {
        // Completed on the loop by its deadline, so whoever awaits it goes on there.
        private readonly TaskCompletionSource _come = new();

        internal Turn(EventLoop loop, TimeSpan wait) => new Deadline(loop, this).Set(wait, DeadlineKind.Queue);

        internal Task Come => _come.Task;

        public void OnDeadline(DeadlineKind kind) => _come.SetResult();
    }
}
