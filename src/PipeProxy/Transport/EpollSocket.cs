using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Transport;

/// <summary>One connection's descriptor under <see cref="EpollTransport"/>.</summary>
/// <remarks>
/// All operations are tried at once; one that finds nothing waits for the descriptor's next edge. No buffer is ever the system's between calls, so closing needs to wait for nobody.
/// </remarks>
internal sealed unsafe class EpollSocket : TransportSocket, IEpollTarget
{
    // Eight blocks are 128 KiB, about what a send buffer takes at once.
    private const int GatheredBlocks = 8;

    // Received in one round of the loop; then the loop's other connections get their turn.
    private const int BytesPerRound = 64 * 1024;

    private readonly EpollTransport _transport;
    private readonly EpollOperation _receive;
    private readonly EpollOperation _send;
    private int _descriptor;
    private EndPoint? _localEndPoint;
    private EndPoint? _remoteEndPoint;
    private Memory<byte> _receiveBuffer;
    private OutBuffer? _sending;
    private Readiness _readable;
    private bool _writable = true;
    private bool _connecting;
    private uint _round;
    private int _bytesInRound;

    // The peer has ended or reset: no further edge will come, so reading goes on until the system says end or error.
    private bool _hungUp;

    // The kernel tells an error once; whoever asks again is told what was told first.
    private IoStatus _receiveEnded;
    private bool _sendSawReset;

    /// <summary>Takes a descriptor over.</summary>
    /// <param name="transport">The transport of the loop that owns it from now on.</param>
    /// <param name="descriptor">Non-blocking; connected when <paramref name="remote"/> is given, else not watched yet.</param>
    /// <param name="remote">The peer of an accepted connection.</param>
    internal EpollSocket(EpollTransport transport, int descriptor, EndPoint? remote)
        : base(transport.Loop)
    {
        _transport = transport;
        _descriptor = descriptor;
        _remoteEndPoint = remote;
        _receive = new EpollOperation();
        _send = new EpollOperation();
        transport.Add(this);
        if (remote is not null)
        {
            SetNoDelay(remote.AddressFamily);

            // What cannot be watched is told to whoever reads.
            _receiveEnded = transport.TryWatch(this, descriptor) ? IoStatus.Ok : IoStatus.Failed;
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

    public int WatchSlot { get; set; } = -1;

    internal override EndPoint? LocalEndPoint => _localEndPoint ??= IsClosed ? null : SocketAddresses.LocalOf(_descriptor);

    internal override EndPoint? RemoteEndPoint => _remoteEndPoint;

    internal override bool IsClosed => _descriptor < 0;

    internal override ValueTask<IoStatus> ConnectAsync(EndPoint endPoint)
    {
        Loop.AssertInside();
        _remoteEndPoint = endPoint;
        var address = endPoint.Serialize();
        int result;
        fixed (byte* bytes = address.Buffer.Span)
        {
            do
            {
                result = Libc.Connect(_descriptor, bytes, (uint)address.Size);
            }
            while (result < 0 && Libc.Error == Errno.Interrupted);
        }

        // Statement order is important: the error is read before another call.
        var error = result < 0 ? Libc.Error : Errno.None;
        if (error is not (Errno.None or Errno.InProgress))
        {
            return new(StatusOf(error));
        }

        if (!_transport.TryWatch(this, _descriptor))
        {
            return new(IoStatus.Failed);
        }

        SetNoDelay(endPoint.AddressFamily);
        if (error == Errno.None)
        {
            return new(IoStatus.Ok);
        }

        _connecting = true;
        return _send.PendingStatus();
    }

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
        return _receive.Pending();
    }

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

    internal override void ShutdownSend()
    {
        if (!IsClosed)
        {
            _ = Libc.Shutdown(_descriptor, Libc.ShutdownWrite);
        }
    }

    internal override void Close()
    {
        if (IsClosed)
        {
            return;
        }

        _transport.Close(this, _descriptor);
        _descriptor = -1;

        // Whoever waits is another exchange's: told later, never from within this call.
        if (_receive.InFlight || _send.InFlight)
        {
            Loop.Defer(static state => ((EpollSocket)state!).EndPending(), this);
        }
        else
        {
            Loop.Transport.Remove(this);
        }
    }

    internal override void Abort()
    {
        if (!IsClosed)
        {
            var resetOnClose = stackalloc int[2] { 1, 0 };
            _ = Libc.SetOption(_descriptor, Libc.LevelSocket, Libc.Linger, resetOnClose, 2 * sizeof(int));
            Close();
        }
    }

    public void OnEvents(uint events)
    {
        _hungUp |= (events & (Libc.EpollReadHangUp | Libc.EpollHangUp | Libc.EpollError)) != 0;
        if (_hungUp || (events & Libc.EpollIn) != 0)
        {
            _readable = _hungUp ? Readiness.Unknown : Readiness.Arrived;
            ReceivePending();
        }

        // The reader may have closed the connection.
        if (!IsClosed && (_hungUp || (events & Libc.EpollOut) != 0))
        {
            _writable = true;
            if (_connecting)
            {
                FinishConnect();
            }
            else
            {
                SendPending();
            }
        }
    }

    private static IoStatus StatusOf(Errno error) => error switch
    {
        Errno.None => IoStatus.Ok,
        Errno.ConnectionReset or Errno.ConnectionAborted or Errno.BrokenPipe or Errno.Shutdown or Errno.NotConnected => IoStatus.Reset,
        Errno.ConnectionRefused => IoStatus.Refused,
        Errno.TimedOut => IoStatus.TimedOut,
        Errno.NetworkUnreachable or Errno.HostUnreachable or Errno.NetworkDown or Errno.HostDown
            or Errno.AddressNotAvailable or Errno.FamilyNotSupported or Errno.AccessDenied or Errno.NotPermitted => IoStatus.Unreachable,
        _ => IoStatus.Failed,
    };

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

    private void ReceivePending()
    {
        if (_receive.InFlight && TryReceive(_receiveBuffer.Span, out var result))
        {
            _receiveBuffer = default;
            _receive.Complete(result);
        }
    }

    private void SendPending()
    {
        if (_send.InFlight && _sending is { } output && TrySend(output, out var result))
        {
            _sending = null;
            _send.Complete(result);
        }
    }

    private void EndPending()
    {
        (_receiveBuffer, _sending, _connecting) = (default, null, false);
        Loop.Transport.Remove(this);
        _receive.Abort();
        _send.Abort();
    }

    private void FinishConnect()
    {
        var error = 0;
        var length = (uint)sizeof(int);
        _ = Libc.GetOption(_descriptor, Libc.LevelSocket, Libc.ErrorOption, &error, &length);
        _connecting = false;
        _send.Complete(new IoResult(0, StatusOf((Errno)error)));
    }

    private void SetNoDelay(AddressFamily family)
    {
        if (family != AddressFamily.Unix)
        {
            // Without it an answer of several records waits for the peer's delayed acknowledgement.
            _ = Libc.SetOption(_descriptor, Libc.LevelTcp, Libc.NoDelay, 1);
        }
    }
}
