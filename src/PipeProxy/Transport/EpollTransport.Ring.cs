using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace PipeProxy.Transport;

/// <content>The round's sends and the wait behind it, in one system call where the system has an io_uring.</content>
internal sealed unsafe partial class EpollTransport
{
    private const ulong WaitData = ulong.MaxValue;

    // Each send of the round has a place for its message until the kernel has seen it.
    private const int SendsPerRound = SubmissionRing.Entries - 1;

    private readonly EpollSocket?[] _sends = new EpollSocket?[SendsPerRound];
    private SubmissionRing? _ring;
    private EpollSocket.Message* _messages;
    private int _sendCount;
    private int _eventCount;
    private bool _ringAsked;

    // The kernel has the events' buffer, and a result will come.
    private bool _waits;

    /// <summary>The loop's ring; null where the system gives none, and before the first <see cref="Poll"/>.</summary>
    internal SubmissionRing? Ring => _ring;

    /// <summary>Keeps a send for the end of the round; false when it is to be tried at once.</summary>
    internal bool TryKeep(EpollSocket socket)
    {
        if (_ring is null || _sendCount == SendsPerRound || !Loop.Outbox.IsSending)
        {
            return false;
        }

        _sends[_sendCount++] = socket;
        return true;
    }

    // A ring belongs to the thread that opens it, so the loop's thread does.
    private void OpenRing()
    {
        _ringAsked = true;
        _ring = Loop.Sizes.UsesRing ? SubmissionRing.TryOpen() : null;
        if (_ring is not null)
        {
            _messages = (EpollSocket.Message*)NativeMemory.AllocZeroed(SendsPerRound, (nuint)sizeof(EpollSocket.Message));
        }
    }

    // One send goes together with the wait. Several go first: their results and blocks need not wait for the next event, and the loop's lag counts the time they take.
    private int PollRing(SubmissionRing ring, int milliseconds)
    {
        var sends = QueueSends(ring);
        var asks = !_waits;
        if (asks)
        {
            ref var wait = ref ring.Queue(SubmissionRing.WaitForEvents, _epoll, WaitData);
            wait.Address = _events;
            wait.Length = EventsPerPoll;
            _waits = true;
        }

        if (sends > 1)
        {
            ring.Enter(sends, 0);
            TakeResults(ring);
            sends = 0;
        }

        Loop.BeginWait();
        if (_waits)
        {
            ring.Enter(milliseconds == 0 ? sends : sends + 1, milliseconds);
        }

        Loop.EndWait();
        TakeResults(ring);
        if (ring.Untaken > 0)
        {
            // The wait is queued last, so if anything was not taken, it was not.
            _waits &= !asks;
            GiveRingUp(ring);
        }

        _sendCount = 0;

        var count = _eventCount;
        _eventCount = 0;
        return count;
    }

    private uint QueueSends(SubmissionRing ring)
    {
        var queued = 0u;
        for (var i = 0; i < _sendCount; i++)
        {
            // Whoever was closed meanwhile has nothing to send, and its descriptor is somebody else's.
            if (_sends[i]!.TryQueueSend(ring, (ulong)i, _messages + i))
            {
                queued++;
            }
            else
            {
                _sends[i] = null;
            }
        }

        return queued;
    }

    // Nobody goes on from here: who awaits a send that was kept would have had to ask between the round's end and this call. So nothing new waits for the end of a round while the loop sleeps.
    private void TakeResults(SubmissionRing ring)
    {
        while (ring.TryTake(out var data, out var result))
        {
            if (data == WaitData)
            {
                (_waits, _eventCount) = (false, Math.Max(0, result));
            }
            else if (_sends[data] is { } socket)
            {
                _sends[data] = null;
                Tell(socket, result);
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "As for events: a bug in one callback must not end the loop.")]
    private void Tell(EpollSocket socket, int result)
    {
        try
        {
            socket.OnSendResult(result);
        }
        catch (Exception e)
        {
            Loop.ReportUnhandled(e);
        }
    }

    // For want of memory, say: what it did not take is tried the old way, and so is everything from now on.
    private void GiveRingUp(SubmissionRing ring)
    {
        ring.DropUntaken();
        EndRing();
        for (var i = 0; i < _sendCount; i++)
        {
            var socket = _sends[i];
            _sends[i] = null;
            socket?.SendPending();
        }
    }

    private void EndRing()
    {
        if (_ring is { } ring)
        {
            if (_waits && ring.TryEnd(WaitData, out var events))
            {
                // Edges that it has seen come once only.
                _eventCount = Math.Max(0, events);
            }
            else if (_waits)
            {
                // The kernel may still write there, so it is nobody's any more.
                _events = AllocateEvents();
            }

            ring.Dispose();
            NativeMemory.Free(_messages);
            (_ring, _waits) = (null, false);
        }
    }
}
