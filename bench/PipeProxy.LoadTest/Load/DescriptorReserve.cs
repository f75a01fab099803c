using System.Runtime.InteropServices;
using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>The last descriptors of this process belong to the runtime and to results: connections do not get them.</summary>
/// <remarks>.NET ends the process with "Out of memory." when a thread, for which it opens a pipe, finds none left. So a load generator at its limit would end without a word instead of counting what was refused.</remarks>
internal static unsafe partial class DescriptorReserve
{
    private const int Kept = 32;
    private const int OfDescriptors = 7; // RLIMIT_NOFILE of Linux, for x86-64 and arm64

    /// <summary>How many this process may have open; the runtime has raised it as far as it may be.</summary>
    internal static long Limit { get; } = ReadLimit();

    /// <summary>Whether another connection leaves enough.</summary>
    internal static bool HasRoom => Limit == long.MaxValue || IsRoomUnder(Limit - Kept);

    // The system gives the lowest number that is free: what it gives now is how many are taken, holes among them filled first.
    private static bool IsRoomUnder(long highest)
    {
        var descriptor = Libc.EventDescriptor(0, Libc.SocketCloseOnExec);
        if (descriptor < 0)
        {
            return false;
        }

        _ = Libc.Close(descriptor);
        return descriptor < highest;
    }

    private static long ReadLimit()
    {
        ulong* limits = stackalloc ulong[2];
        return Libc.IsSupported && GetLimit(OfDescriptors, limits) == 0 && *limits < int.MaxValue ? (long)*limits : long.MaxValue;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ulong* limits);
}
