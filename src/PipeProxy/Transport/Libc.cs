using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace PipeProxy.Transport;

/// <summary>The system calls of <see cref="EpollTransport"/>, and what their numbers mean on Linux for x86-64 and arm64.</summary>
/// <remarks>
/// Every signature is blittable, so a call is a call and nothing is copied. A negative result means that <see cref="Error"/> tells why; it is read at once, before anything else runs on the thread.
/// No call here blocks but <see cref="EpollWait"/> and <see cref="RingEnter"/>: sockets are non-blocking from their first moment.
/// </remarks>
internal static unsafe partial class Libc
{
    internal const int SocketStream = 1;
    internal const int SocketNonBlocking = 0x800;
    internal const int SocketCloseOnExec = 0x80000;

    internal const int LevelSocket = 1;
    internal const int ReuseAddress = 2;
    internal const int ErrorOption = 4;
    internal const int Linger = 13;
    internal const int ReusePort = 15;
    internal const int LevelTcp = 6;
    internal const int NoDelay = 1;
    internal const int LevelIPv6 = 41;
    internal const int IPv6Only = 26;

    internal const int ReceiveLowWater = 18;

    internal const int Peek = 2;
    internal const int Truncate = 0x20;
    internal const int DontWait = 0x40;
    internal const int NoSignal = 0x4000;
    internal const int ShutdownWrite = 1;

    internal const int EpollAdd = 1;
    internal const uint EpollIn = 0x1;
    internal const uint EpollOut = 0x4;
    internal const uint EpollError = 0x8;
    internal const uint EpollHangUp = 0x10;
    internal const uint EpollReadHangUp = 0x2000;
    internal const uint EpollEdge = 1u << 31;

    private const ulong ShortestTurnNanoseconds = 100_000;

    // A step is a tenth of the weight more or less: ten are 110 to 1024.
    private const int NiceToOthers = 10;

    /// <summary>Bytes of a <c>sockaddr_storage</c>: every address fits.</summary>
    internal const int AddressBytes = 128;

    /// <summary>Why the last call on this thread failed.</summary>
    internal static Errno Error => (Errno)Marshal.GetLastSystemError();

    /// <summary>Whether this process runs where the numbers above hold.</summary>
    internal static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    internal static partial int EpollControl(int epoll, int operation, int descriptor, void* registration);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    internal static partial int EpollWait(int epoll, void* events, int capacity, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    internal static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_create")]
    internal static partial int TimerDescriptor(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime")]
    internal static partial int SetTimer(int timer, int flags, long* times, long* before);

    [LibraryImport("libc", EntryPoint = "socket")]
    internal static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind")]
    internal static partial int Bind(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen")]
    internal static partial int Listen(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4")]
    internal static partial int Accept(int descriptor, byte* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "connect")]
    internal static partial int Connect(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "getsockname")]
    internal static partial int GetLocalAddress(int descriptor, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    internal static partial int SetOption(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "getsockopt")]
    internal static partial int GetOption(int descriptor, int level, int option, void* value, uint* length);

    [LibraryImport("libc", EntryPoint = "recv")]
    internal static partial nint Receive(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send")]
    internal static partial nint Send(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg")]
    internal static partial nint SendGathered(int descriptor, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    internal static partial int Shutdown(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint Write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    internal static partial int GetLimit(int resource, ulong* softAndHard);

    [LibraryImport("libc", EntryPoint = "getpriority")]
    private static partial int GetPriority(int which, uint who);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int nice);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* start, nuint length);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint first, void* second, nint third, nint fourth, void* fifth, nint sixth);

    /// <summary><c>io_uring_setup</c>; fills the parameters in.</summary>
    /// <returns>A descriptor, or a negative number.</returns>
    internal static int RingSetup(uint entries, RingParameters* parameters) => (int)SystemCall(425, (nint)entries, parameters, 0, 0, null, 0);

    /// <summary><c>io_uring_enter</c>: starts what is queued and waits for results.</summary>
    internal static int RingEnter(int ring, uint queued, uint results, uint flags, RingWait* wait)
        => (int)SystemCall(426, ring, (void*)queued, (nint)results, (nint)flags, wait, sizeof(RingWait));

    /// <summary>Whether the kernel's rings have this operation.</summary>
    internal static bool RingSupports(int ring, byte operation)
    {
        // A header of 16 bytes, whose first is the last operation known, and 8 bytes for each, whose flags begin at the third.
        const int Header = 16, Each = 8, Operations = 256;
        var probe = stackalloc byte[Header + (Each * Operations)];
        new Span<byte>(probe, Header + (Each * Operations)).Clear();
        return SystemCall(427, ring, (void*)8, (nint)probe, Operations, null, 0) >= 0
            && probe[0] >= operation && (probe[Header + (Each * operation) + 2] & 1) != 0;
    }

    /// <summary>Maps memory that the kernel shares under a descriptor, for both to write.</summary>
    internal static bool TryMap(int descriptor, nint offset, nuint length, out byte* start)
    {
        // Read and write; shared, and filled at once.
        start = (byte*)Map(null, length, 3, 0x8001, descriptor, offset);
        return (nint)start != -1;
    }

    /// <summary>Ends a mapping.</summary>
    internal static void EndMap(void* start, nuint length) => _ = Unmap(start, length);

    /// <summary>Asks the scheduler to let this thread run soon after it wakes, for shorter turns in exchange: what it does takes microseconds, and others on its core (handshakes) take milliseconds.</summary>
    /// <remarks>A request of the earliest eligible virtual deadline scheduler, from Linux 6.12 on; elsewhere it has no effect. Needs no privilege.</remarks>
    internal static void AskForShortTurns()
    {
        var attributes = new SchedulingAttributes { Size = (uint)sizeof(SchedulingAttributes), Nice = GetPriority(0, 0), Runtime = ShortestTurnNanoseconds };
        _ = SystemCall(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 314 : 274, 0, &attributes, 0, 0, null, 0);
    }

    /// <summary>Lets this thread have a tenth of the turns of the others that want its core. Nothing where threads have no priority of their own, as outside Linux.</summary>
    internal static void GiveWay()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetPriority(0, 0, GetPriority(0, 0) + NiceToOthers);
        }
    }

    /// <summary>Sets an option that is an int.</summary>
    internal static int SetOption(int descriptor, int level, int option, int value) => SetOption(descriptor, level, option, &value, sizeof(int));

    /// <summary><c>struct sched_attr</c> in its first version; policy 0 is the usual one.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
    {
        internal uint Size;
        internal uint Policy;
        internal ulong Flags;
        internal int Nice;
        internal uint Priority;
        internal ulong Runtime;
        internal ulong Deadline;
        internal ulong Period;
    }

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Block
    {
        internal byte* Start;
        internal nuint Length;
    }

    /// <summary><c>struct msghdr</c> as glibc and musl lay it out on 64-bit systems: the count takes eight bytes, padding included.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Address;
        internal nuint AddressLength;
        internal Block* Blocks;
        internal nuint BlockCount;
        internal void* Control;
        internal nuint ControlLength;
        internal nint Flags;
    }
}
