namespace PipeProxy.Transport;

/// <content>Receiving: what an edge has told, and when a short read means that all was taken.</content>
internal sealed unsafe partial class EpollSocket
{
    // Received in one round of the loop; then the loop's other connections get their turn.
    private const int BytesPerRound = 64 * 1024;

    private Memory<byte> _receiveBuffer;
    private Readiness _readable;
    private uint _round;
    private int _bytesInRound;

    internal override ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer)
    {
        Loop.AssertInside();
        if (_round != Loop.Round)
        {
            (_round, _bytesInRound) = (Loop.Round, 0);
        }

        if (_bytesInRound >= BytesPerRound && !IsClosed)
        {
            _receiveBuffer = buffer;
            Loop.Defer(static state => ((EpollSocket)state!).ReceivePending(), this);
            return _receive.Pending();
        }

        if (TryReceive(buffer.Span, out var result))
        {
            return new(result);
        }

        _receiveBuffer = buffer;
        BoundBatch();
        return _receive.Pending();
    }

    // False: nothing is there yet, and an edge will come.
    private bool TryReceive(Span<byte> buffer, out IoResult result)
    {
        if (IsClosed || _receiveEnded != IoStatus.Ok)
        {
            result = new IoResult(0, IsClosed ? IoStatus.Aborted : _receiveEnded);
            return true;
        }

        result = default;
        if (_readable == Readiness.Drained)
        {
            return false;
        }

        if (buffer.IsEmpty)
        {
            // Only behind a receive that filled its buffer is it not known whether anything waits: there one byte is looked at.
            return _readable == Readiness.Arrived || _hungUp ? Done(0, out result) : TryPeek(out result);
        }

        if (buffer.Length > Loop.Sizes.MaxReceiveBytes)
        {
            buffer = buffer[..Loop.Sizes.MaxReceiveBytes];
        }

        nint received;
        fixed (byte* start = buffer)
        {
            received = Receive(start, buffer.Length, 0);
        }

        if (received > 0)
        {
            // A short read took all there was. Not so behind a hang-up: the end or the error comes without another edge.
            _readable = received == buffer.Length || _hungUp ? Readiness.Unknown : Readiness.Drained;
            _bytesInRound += (int)received;
            _lastReceived = (int)received;
            return Done((int)received, out result);
        }

        return TryEnd(received, out result);
    }

    private bool TryPeek(out IoResult result)
    {
        byte one;
        var received = Receive(&one, 1, Libc.Peek);
        return received > 0 ? Done(0, out result) : TryEnd(received, out result);
    }

    private nint Receive(byte* start, int length, int flags)
    {
        nint received;
        do
        {
            received = Libc.Receive(_descriptor, start, (nuint)length, flags);
        }
        while (received < 0 && Libc.Error == Errno.Interrupted);
        return received;
    }

    private static bool Done(int bytes, out IoResult result)
    {
        result = new IoResult(bytes, IoStatus.Ok);
        return true;
    }

    private bool TryEnd(nint received, out IoResult result)
    {
        var error = received < 0 ? Libc.Error : Errno.None;
        if (error == Errno.Again)
        {
            _readable = Readiness.Drained;
            result = default;
            return false;
        }

        // A failed send takes the connection's error with it, and a receive then sees a bare end; what happened is a reset.
        _receiveEnded = error != Errno.None ? StatusOf(error) : _sendSawReset ? IoStatus.Reset : IoStatus.End;
        result = new IoResult(0, _receiveEnded);
        return true;
    }

    private void ReceivePending()
    {
        if (!_receive.InFlight)
        {
            return;
        }

        if (TryReceive(_receiveBuffer.Span, out var result))
        {
            _receiveBuffer = default;
            _batchLate?.Clear();
            _receive.Complete(result);
        }
        else
        {
            BoundBatch();
        }
    }

    /// <summary>What is known about data that waits.</summary>
    private enum Readiness : byte
    {
        /// <summary>The last receive took all; an edge will come.</summary>
        Drained,

        /// <summary>The last receive filled its buffer, or the peer has hung up: only the next one tells.</summary>
        Unknown,

        /// <summary>An edge has come and nothing was received since.</summary>
        Arrived,
    }
}
