using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Transport;

/// <summary>A <see cref="Socket"/> of the system, as <see cref="SocketsTransport"/> uses it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The operations are disposed when the last of them has ended.")]
internal sealed class SystemSocket : TransportSocket
{
    // Up to eight buffers System.Net.Sockets pins on its stack, for more it allocates. Eight blocks are 128 KiB, about what a send buffer takes.
    private const int GatheredBlocks = 8;

    private static readonly LingerOption ResetOnClose = new(true, 0);

    // Where peeks write their byte; nobody reads it.
    private static readonly byte[] Peeked = GC.AllocateArray<byte>(1, pinned: true);

    private readonly Socket _socket;
    private readonly SocketOperation _receive;
    private readonly SocketOperation _send;
    private List<ArraySegment<byte>>? _gathered;
    private EndPoint? _localEndPoint;
    private EndPoint? _remoteEndPoint;
    private bool _peeking;
    private bool _closed;
    private bool _disposed;

    // The kernel tells an error once; whoever asks again is told what was told first.
    private IoStatus _receiveEnded;
    private bool _sendSawReset;

    internal SystemSocket(EventLoop loop, Socket socket)
        : base(loop)
    {
        _socket = socket;
        _receive = new SocketOperation(this);
        _send = new SocketOperation(this);
        loop.Transport.Add(this);
        if (socket.Connected)
        {
            OnConnected();
        }
    }

    internal override EndPoint? LocalEndPoint => _localEndPoint;

    internal override EndPoint? RemoteEndPoint => _remoteEndPoint;

    internal override bool IsClosed => _closed;

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    internal override async ValueTask<IoStatus> ConnectAsync(EndPoint endPoint)
    {
        Loop.AssertInside();
        _send.RemoteEndPoint = endPoint;
        var result = _socket.ConnectAsync(_send) ? await _send.Pending() : ResultOf(_send);
        if (result.IsOk)
        {
            OnConnected();
        }

        return result.Status;
    }

    internal override ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer)
    {
        Loop.AssertInside();
        if (_closed)
        {
            return new(new IoResult(0, IoStatus.Aborted));
        }

        if (_receiveEnded != IoStatus.Ok)
        {
            return new(new IoResult(0, _receiveEnded));
        }

        // Remembered here: the system writes other flags into the operation when it completes.
        _peeking = buffer.IsEmpty;
        if (_peeking)
        {
            _receive.SocketFlags = SocketFlags.Peek;
            _receive.SetBuffer(Peeked);
        }
        else
        {
            _receive.SocketFlags = SocketFlags.None;
            _receive.SetBuffer(buffer.Length <= Loop.Sizes.MaxReceiveBytes ? buffer : buffer[..Loop.Sizes.MaxReceiveBytes]);
        }

        return _socket.ReceiveAsync(_receive) ? _receive.Pending() : new(ResultOf(_receive));
    }

    internal override ValueTask<IoResult> SendAsync(OutBuffer output)
    {
        Loop.AssertInside();
        if (_closed)
        {
            return new(new IoResult(0, IoStatus.Aborted));
        }

        if (output.BlockCount == 1)
        {
            SendOne(output);
        }
        else
        {
            SendMany(output);
        }

        return _socket.SendAsync(_send) ? _send.Pending() : new(ResultOf(_send));
    }

    internal override void EndReceive()
    {
        if (!_closed)
        {
            _receiveEnded = IoStatus.Aborted;
            Shutdown(SocketShutdown.Receive);
        }
    }

    internal override void ShutdownSend()
    {
        if (!_closed)
        {
            Shutdown(SocketShutdown.Send);
        }
    }

    internal override void Close()
    {
        if (_closed)
        {
            return;
        }

        // Disposing a socket under a pending receive makes System.Net.Sockets reset the connection. A shutdown of both sides ends the receive instead, and then the socket closes with what was sent still on its way.
        _closed = true;
        DropReceived();
        Shutdown(SocketShutdown.Both);
        OnOperationEnded();
    }

    internal override void Abort()
    {
        if (_disposed)
        {
            return;
        }

        _closed = true;
        try
        {
            _socket.LingerState = ResetOnClose;
        }
        catch (SocketException)
        {
            // Never connected, or reset already: nothing to reset.
        }

        DisposeSocket();
        OnOperationEnded();
    }

    /// <summary>What a completed operation means.</summary>
    internal IoResult ResultOf(SocketOperation operation)
    {
        if (_closed)
        {
            return new IoResult(0, IoStatus.Aborted);
        }

        var (bytes, error) = (operation.BytesTransferred, operation.SocketError);
        if (operation == _send)
        {
            var status = StatusOf(error);
            _sendSawReset |= status == IoStatus.Reset;
            return new IoResult(bytes, status);
        }

        if (_receiveEnded != IoStatus.Ok)
        {
            return new IoResult(0, _receiveEnded);
        }

        if (error == SocketError.Success && bytes > 0)
        {
            return new IoResult(_peeking ? 0 : bytes, IoStatus.Ok);
        }

        // A failed send takes the connection's error with it, and a receive then sees a bare end; what happened is a reset.
        _receiveEnded = error != SocketError.Success ? StatusOf(error) : _sendSawReset ? IoStatus.Reset : IoStatus.End;
        return new IoResult(0, _receiveEnded);
    }

    /// <summary>An operation has come back, or the socket was closed: the last one leaves the loop's list.</summary>
    internal void OnOperationEnded()
    {
        if (!_closed || Slot < 0 || _receive.InFlight || _send.InFlight)
        {
            return;
        }

        DisposeSocket();
        _receive.Dispose();
        _send.Dispose();
        Loop.Transport.Remove(this);
    }

    /// <summary>The system's word in ours.</summary>
    internal static IoStatus StatusOf(SocketError error) => error switch
    {
        SocketError.Success => IoStatus.Ok,
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NotConnected => IoStatus.Reset,
        SocketError.ConnectionRefused => IoStatus.Refused,
        SocketError.TimedOut => IoStatus.TimedOut,
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.HostDown
            or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported or SocketError.AccessDenied => IoStatus.Unreachable,
        SocketError.OperationAborted or SocketError.Interrupted => IoStatus.Aborted,
        _ => IoStatus.Failed,
    };

    private void OnConnected()
    {
        try
        {
            _localEndPoint = _socket.LocalEndPoint;
            _remoteEndPoint = _socket.RemoteEndPoint;
            if (_socket.AddressFamily != AddressFamily.Unix)
            {
                // Without it an answer of several records waits for the peer's delayed acknowledgement.
                _socket.NoDelay = true;
            }
        }
        catch (SocketException)
        {
            // The peer has reset it already; the first receive says so.
        }
    }

    private void SendOne(OutBuffer output)
    {
        if (_send.BufferList is not null)
        {
            _send.BufferList = null;
        }

        _send.SetBuffer(MemoryMarshal.AsMemory(output[0]));
    }

    private void SendMany(OutBuffer output)
    {
        _gathered ??= new List<ArraySegment<byte>>(GatheredBlocks);
        _gathered.Clear();
        for (var i = 0; i < Math.Min(output.BlockCount, GatheredBlocks); i++)
        {
            MemoryMarshal.TryGetArray(output[i], out var segment);
            _gathered.Add(segment);
        }

        _send.SetBuffer(default(Memory<byte>));
        _send.BufferList = _gathered;
    }

    // Closed with something unread, the system would reset.
    private void DropReceived()
    {
        try
        {
            // A receive that waits may be faster; then there is nothing, and that must not be waited for.
            _socket.Blocking = false;
            Span<byte> dropped = stackalloc byte[4096];
            while (_socket.Available > 0 && _socket.Receive(dropped) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Reset meanwhile, or taken: nothing is left to drop.
        }
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (SocketException)
        {
            // Not connected any more: nothing to tell the peer.
        }
    }

    private void DisposeSocket()
    {
        if (!_disposed)
        {
            _disposed = true;
            _socket.Dispose();
        }
    }
}
