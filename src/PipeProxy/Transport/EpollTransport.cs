using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PipeProxy.Transport;

/// <summary>Linux's transport: non-blocking sockets and one edge-triggered epoll per loop.</summary>
/// <remarks>
/// <para>A descriptor is registered once, for everything, when its socket is made, and leaves the set by being closed. What an event says is remembered in the socket until a call finds nothing more; so a request costs one
/// receive and one send per side, and no call looks for what is not there. Where the system has an io_uring, a round's sends and the wait for the next events are one call.</para>
/// <para>Descriptor numbers are used again at once by the system. What identifies an event is therefore the slot and its generation, which the registration carries and every event is checked against: an event that was already
/// fetched for a descriptor that an earlier event of the same batch closed finds a newer generation and is dropped.</para>
/// </remarks>
[SuppressMessage("Reliability", "CA2000", Justification = "The sockets are closed by those who get them.")]
internal sealed unsafe partial class EpollTransport : LoopTransport
{
    // Answers to them leave together, behind the last: the first must not wait for too many.
    private const int EventsPerPoll = 64;

    // Slots that no target gets to.
    private const ulong WakeWatch = uint.MaxValue;
    private const ulong TimerWatch = uint.MaxValue - 1;

    // struct epoll_event is packed on x86-64 and on nothing else.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventBytes - sizeof(ulong);

    private readonly int _epoll;

    // A handle that counts: a thread that posts may still be on its way to the descriptor when the loop ends, and its number must not be somebody else's by then.
    private readonly SafeFileHandle _wake;
    private readonly WaitTimer _timer;
    private byte* _events;
    private readonly WatchTable<IEpollTarget> _watched = new();

    internal EpollTransport()
    {
        _epoll = Libc.EpollCreate(Libc.SocketCloseOnExec);
        var wake = _epoll < 0 ? -1 : Libc.EventDescriptor(0, Libc.SocketCloseOnExec | Libc.SocketNonBlocking);
        _wake = new SafeFileHandle(wake, ownsHandle: true);
        var timer = wake < 0 ? null : WaitTimer.TryOpen();
        if (timer is null || !Register(wake, WakeWatch) || !Register(timer.Descriptor, TimerWatch))
        {
            throw new IOException($"The system gives no epoll ({Libc.Error}); take the transport 'sockets'.");
        }

        _timer = timer;
        _events = AllocateEvents();
    }

    internal override void Poll(int milliseconds)
    {
        if (!_ringAsked)
        {
            OpenRing();
        }

        var limit = _timer.Limit(milliseconds);
        var count = _ring is { } ring ? PollRing(ring, limit) : PollEpoll(limit);
        for (var i = 0; i < count; i++)
        {
            var entry = _events + (i * EventBytes);
            var watch = *(ulong*)(entry + DataOffset);
            if (_watched.Find(watch) is { } target)
            {
                Tell(target, *(uint*)entry);
            }
            else if (watch == TimerWatch)
            {
                _timer.Pass();
            }

            // The wake-up's count is never read: edges come with each write.
        }
    }

    private int PollEpoll(int milliseconds)
    {
        Loop.BeginWait();
        var count = Libc.EpollWait(_epoll, _events, EventsPerPoll, milliseconds);
        Loop.EndWait();
        return count;
    }

    internal override void Wake()
    {
        var held = false;
        try
        {
            _wake.DangerousAddRef(ref held);
            ulong one = 1;
            _ = Libc.Write((int)_wake.DangerousGetHandle(), &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended; nobody is there to be woken.
        }
        finally
        {
            if (held)
            {
                _wake.DangerousRelease();
            }
        }
    }

    internal override TransportSocket? CreateSocket(AddressFamily family)
    {
        var descriptor = Open(family);
        if (descriptor >= 0 && DescriptorLimit.IsKept(descriptor))
        {
            _ = Libc.Close(descriptor);
            return null;
        }

        return descriptor < 0 ? null : new EpollSocket(this, descriptor, null);
    }

    internal override ListenStatus TryListen(IPEndPoint endPoint, int backlog, out TransportListener? listener)
    {
        var status = EpollListener.TryOpen(endPoint, backlog, out var opened);
        listener = opened;
        return status;
    }

    public override void Dispose()
    {
        EndRing();
        _timer.Dispose();
        _wake.Dispose();
        _ = Libc.Close(_epoll);
        NativeMemory.Free(_events);
    }

    /// <summary>A non-blocking stream socket.</summary>
    /// <returns>Its descriptor, or a negative number.</returns>
    internal static int Open(AddressFamily family)
        => Libc.Socket(FamilyOf(family), Libc.SocketStream | Libc.SocketNonBlocking | Libc.SocketCloseOnExec, 0);

    /// <summary>Lets the target hear of everything that happens to the descriptor, from what has happened already.</summary>
    /// <returns>False when the system refuses, for want of memory or because of a limit on watches.</returns>
    internal bool TryWatch(IEpollTarget target, int descriptor)
    {
        Loop.AssertInside();
        var watch = _watched.Add(target);
        if (!Register(descriptor, watch))
        {
            _watched.Remove(WatchTable<IEpollTarget>.SlotOf(watch));
            return false;
        }

        target.WatchSlot = WatchTable<IEpollTarget>.SlotOf(watch);
        return true;
    }

    /// <summary>Closes a descriptor; no event of its reaches anybody from here on, those that were fetched included.</summary>
    internal void Close(IEpollTarget target, int descriptor)
    {
        Loop.AssertInside();
        if (target.WatchSlot >= 0)
        {
            _watched.Remove(target.WatchSlot);
            target.WatchSlot = -1;
        }

        _ = Libc.Close(descriptor);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The loop serves every connection; a bug in one callback must not end it.")]
    private void Tell(IEpollTarget target, uint events)
    {
        try
        {
            target.OnEvents(events);
        }
        catch (Exception e)
        {
            Loop.ReportUnhandled(e);
        }
    }

    private static byte* AllocateEvents() => (byte*)NativeMemory.Alloc(EventsPerPoll, (nuint)EventBytes);

    private bool Register(int descriptor, ulong watch)
    {
        var registration = stackalloc byte[16];
        *(uint*)registration = Libc.EpollIn | Libc.EpollOut | Libc.EpollReadHangUp | Libc.EpollEdge;
        *(ulong*)(registration + DataOffset) = watch;
        return Libc.EpollControl(_epoll, Libc.EpollAdd, descriptor, registration) == 0;
    }

    // The numbers of System.Net.Sockets are those of Windows.
    private static int FamilyOf(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => 2,
        AddressFamily.InterNetworkV6 => 10,
        _ => 1,
    };
}

/// <summary>Whoever hears of a descriptor's events: a connection's socket, or one that accepts.</summary>
internal interface IEpollTarget
{
    /// <summary>Place among the transport's targets; -1 while not watched.</summary>
    int WatchSlot { get; set; }

    /// <summary>Something happened; on the loop.</summary>
    /// <param name="events">The bits of epoll.</param>
    void OnEvents(uint events);
}
