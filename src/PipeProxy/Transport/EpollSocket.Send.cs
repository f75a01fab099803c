using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Transport;

/// <content>Sending: gathered, and tried at once or with the round's other sends.</content>
internal sealed unsafe partial class EpollSocket
{
    // Eight blocks are 128 KiB, about what a send buffer takes at once.
    private const int GatheredBlocks = 8;

    private OutBuffer? _sending;
    private bool _writable = true;

    internal override ValueTask<IoResult> SendAsync(OutBuffer output)
    {
        Loop.AssertInside();
        if ((!_writable || IsClosed || !_transport.TryKeep(this)) && TrySend(output, out var result))
        {
            return new(result);
        }

        _sending = output;
        return _send.Pending();
    }

    /// <summary>Queues the send that was kept for the end of the round; false when there is none any more.</summary>
    /// <param name="ring">Gives it to the kernel, and its result to <see cref="OnSendResult"/>.</param>
    /// <param name="data">Comes back with the result.</param>
    /// <param name="message">Room that the kernel reads from until then.</param>
    internal bool TryQueueSend(SubmissionRing ring, ulong data, Message* message)
    {
        if (IsClosed || !_send.InFlight || _sending is not { } output)
        {
            return false;
        }

        ref var entry = ref ring.Queue(output.BlockCount == 1 ? SubmissionRing.Send : SubmissionRing.SendMessage, _descriptor, data);
        entry.MessageFlags = Libc.NoSignal | Libc.DontWait;
        if (output.BlockCount == 1)
        {
            var block = Describe(output[0]);
            entry.Address = block.Start;
            entry.Length = (uint)block.Length;
        }
        else
        {
            Describe(output, message);
            entry.Address = &message->Header;
            entry.Length = 1;
        }

        return true;
    }

    /// <summary>The ring's word on a send: bytes, or a negative error.</summary>
    internal void OnSendResult(int result)
    {
        if (IsClosed)
        {
            // Its end tells whoever waits.
            return;
        }

        if (result == -(int)Errno.Interrupted)
        {
            SendPending();
        }
        else if (TryConclude(result, (Errno)Math.Max(0, -result), _sending!, out var sent))
        {
            _sending = null;
            _send.Complete(sent);
        }
    }

    private bool TrySend(OutBuffer output, out IoResult result)
    {
        if (IsClosed)
        {
            result = new IoResult(0, IoStatus.Aborted);
            return true;
        }

        result = default;
        if (!_writable)
        {
            return false;
        }

        nint sent;
        do
        {
            sent = output.BlockCount == 1 ? SendOne(output[0]) : SendMany(output);
        }
        while (sent < 0 && Libc.Error == Errno.Interrupted);
        return TryConclude(sent, sent < 0 ? Libc.Error : Errno.None, output, out result);
    }

    // False: the system takes nothing for now, and an edge will come.
    private bool TryConclude(nint sent, Errno error, OutBuffer output, out IoResult result)
    {
        if (sent >= 0)
        {
            // A send that took less than all has met a full buffer; an edge comes when there is room.
            _writable = sent == output.Length || output.BlockCount > GatheredBlocks;
            return Done((int)sent, out result);
        }

        if (error == Errno.Again)
        {
            _writable = false;
            result = default;
            return false;
        }

        var status = StatusOf(error);
        _sendSawReset |= status == IoStatus.Reset;
        result = new IoResult(0, status);
        return true;
    }

    private nint SendOne(ReadOnlyMemory<byte> bytes)
    {
        var block = Describe(bytes);
        return Libc.Send(_descriptor, block.Start, block.Length, Libc.NoSignal);
    }

    private nint SendMany(OutBuffer output)
    {
        var message = default(Message);
        Describe(output, &message);
        return Libc.SendGathered(_descriptor, &message.Header, Libc.NoSignal);
    }

    private static void Describe(OutBuffer output, Message* message)
    {
        var count = Math.Min(output.BlockCount, GatheredBlocks);
        var blocks = (Libc.Block*)&message->Blocks;
        for (var i = 0; i < count; i++)
        {
            blocks[i] = Describe(output[i]);
        }

        message->Header = new Libc.MessageHeader { Blocks = blocks, BlockCount = (nuint)count };
    }

    // Blocks of the loop's pool are pinned for their whole life.
    private static Libc.Block Describe(ReadOnlyMemory<byte> bytes)
        => new() { Start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes.Span)), Length = (nuint)bytes.Length };

    /// <summary>Tries the send that waits.</summary>
    internal void SendPending()
    {
        if (_send.InFlight && _sending is { } output && TrySend(output, out var result))
        {
            _sending = null;
            _send.Complete(result);
        }
    }

    /// <summary>What <c>sendmsg</c> is given.</summary>
    internal struct Message
    {
        internal Libc.MessageHeader Header;
        internal MessageBlocks Blocks;
    }

    [InlineArray(GatheredBlocks)]
    internal struct MessageBlocks
    {
        private Libc.Block _first;
    }
}
