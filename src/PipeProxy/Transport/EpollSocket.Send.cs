using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Transport;

/// <content>Sending: gathered, and tried at once.</content>
internal sealed unsafe partial class EpollSocket
{
    // Eight blocks are 128 KiB, about what a send buffer takes at once.
    private const int GatheredBlocks = 8;

    private OutBuffer? _sending;
    private bool _writable = true;

    internal override ValueTask<IoResult> SendAsync(OutBuffer output)
    {
        Loop.AssertInside();
        if (TrySend(output, out var result))
        {
            return new(result);
        }

        _sending = output;
        return _send.Pending();
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

        if (sent >= 0)
        {
            // A send that took less than all has met a full buffer; an edge comes when there is room.
            _writable = sent == output.Length || output.BlockCount > GatheredBlocks;
            return Done((int)sent, out result);
        }

        var error = Libc.Error;
        if (error == Errno.Again)
        {
            _writable = false;
            return false;
        }

        var status = StatusOf(error);
        _sendSawReset |= status == IoStatus.Reset;
        result = new IoResult(0, status);
        return true;
    }

    // Blocks of the loop's pool are pinned for their whole life.
    private nint SendOne(ReadOnlyMemory<byte> block)
    {
        fixed (byte* start = block.Span)
        {
            return Libc.Send(_descriptor, start, (nuint)block.Length, Libc.NoSignal);
        }
    }

    private nint SendMany(OutBuffer output)
    {
        var count = Math.Min(output.BlockCount, GatheredBlocks);
        var blocks = stackalloc Libc.Block[GatheredBlocks];
        for (var i = 0; i < count; i++)
        {
            var block = output[i];
            blocks[i].Start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(block.Span));
            blocks[i].Length = (nuint)block.Length;
        }

        var message = new Libc.MessageHeader { Blocks = blocks, BlockCount = (nuint)count };
        return Libc.SendGathered(_descriptor, &message, Libc.NoSignal);
    }

    private void SendPending()
    {
        if (_send.InFlight && _sending is { } output && TrySend(output, out var result))
        {
            _sending = null;
            _send.Complete(result);
        }
    }
}
