using System.Runtime.InteropServices;

namespace PipeProxy.LoadTest.Watch;

/// <summary>The CPU clock that Linux keeps for every process: user and system time of all its threads, those that have ended too, in nanoseconds.</summary>
internal static unsafe partial class ProcessClock
{
    // What clock_getcpuclockid(3) makes of a pid: its complement over three bits, which say "of the process, as the scheduler counts".
    private const int OfProcess = 2;

    /// <summary>Reads it.</summary>
    /// <returns>False when there is no such process.</returns>
    internal static bool TryRead(int pid, out TimeSpan cpu)
    {
        Time time = default;
        var found = GetTime((~pid << 3) | OfProcess, &time) == 0;
        cpu = TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);
        return found;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, Time* time);

    /// <summary><c>struct timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
