using System.Runtime.InteropServices;
using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>Linux's alarm: a timer descriptor that the loop's epoll watches. It wakes the loop itself, so no other thread and no second wake-up stands between a moment and its request.</summary>
internal sealed unsafe partial class TimerAlarm : Alarm, IEpollTarget
{
    // CLOCK_MONOTONIC is the clock of Stopwatch, so moments pass as they are.
    private const int Monotonic = 1;
    private const int NonBlockingCloseOnExec = 0x80800;
    private const int Absolute = 1;

    private readonly EpollTransport _transport;
    private readonly Action _ring;
    private readonly int _descriptor;

    internal TimerAlarm(EpollTransport transport, Action ring)
    {
        (_transport, _ring) = (transport, ring);
        _descriptor = Create(Monotonic, NonBlockingCloseOnExec);
        if (_descriptor < 0 || !transport.TryWatch(this, _descriptor))
        {
            throw new IOException("The system gives no timer descriptor.");
        }
    }

    public int WatchSlot { get; set; } = -1;

    // Setting it anew forgets the expiry, so the descriptor is never read.
    public void OnEvents(uint events) => _ring();

    internal override void Set(long at)
    {
        // Zero would switch it off.
        var (seconds, nanoseconds) = Math.DivRem(Math.Max(at, 1), Clock.Second);
        var setting = new Setting { Seconds = (nint)seconds, Nanoseconds = (nint)nanoseconds };
        _ = Set(_descriptor, Absolute, &setting, null);
    }

    public override void Dispose() => _transport.Close(this, _descriptor);

    [LibraryImport("libc", EntryPoint = "timerfd_create")]
    private static partial int Create(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime")]
    private static partial int Set(int descriptor, int flags, Setting* setting, void* before);

    /// <summary><c>struct itimerspec</c>: the period first, which stays zero, then the moment.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Setting
    {
        internal nint PeriodSeconds;
        internal nint PeriodNanoseconds;
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
