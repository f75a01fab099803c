using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Transport;

/// <summary>One connection's descriptor under <see cref="EpollTransport"/>.</summary>
/// <remarks>
/// All operations are tried at once; one that finds nothing waits for the descriptor's next edge. No buffer is ever the system's between calls, so closing needs to wait for nobody.
/// </remarks>
internal sealed unsafe partial class EpollSocket : TransportSocket, IEpollTarget
{
    private readonly EpollTransport _transport;
    private readonly LoopOperation _receive;
    private readonly LoopOperation _send;
    private int _descriptor;
    private EndPoint? _localEndPoint;
    private EndPoint? _remoteEndPoint;
    private bool _connecting;

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
        _receive = new LoopOperation();
        _send = new LoopOperation();
        transport.Add(this);
        if (remote is not null)
        {
            SetNoDelay(remote.AddressFamily);

            // What cannot be watched is told to whoever reads.
            _receiveEnded = transport.TryWatch(this, descriptor) ? IoStatus.Ok : IoStatus.Failed;
        }
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

    internal override void EndReceive()
    {
        _receiveEnded = IoStatus.Aborted;
        _batchLate?.Clear();

        // Whoever waits is another exchange's: told later, never from within this call.
        if (_receive.InFlight)
        {
            Loop.Defer(static state => ((EpollSocket)state!)._receive.Abort(), this);
        }
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
        if (!IsClosed)
        {
            if (_receiveEnded is IoStatus.Ok or IoStatus.Aborted)
            {
                // All at once; the bytes go nowhere. Closed with something unread, the system would reset.
                _ = Libc.Receive(_descriptor, null, int.MaxValue, Libc.Truncate | Libc.DontWait);
            }

            CloseDescriptor();
        }
    }

    private void CloseDescriptor()
    {
        _transport.Close(this, _descriptor);
        _descriptor = -1;
        _batchLate?.Clear();

        // As above.
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
            CloseDescriptor();
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
