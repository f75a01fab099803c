using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary>One TCP connection: a transport's socket and its out-buffer.</summary>
internal sealed partial class SocketConnection : LoopStream
{
    private readonly TransportSocket _socket;
    private readonly OutBuffer _out;
    private ValueTaskAwaiter<IoResult> _send;
    private Action? _onSent;
    private LoopOperation? _awaited;
    private bool _held;
    private bool _sending;
    private bool _shutdownAsked;
    private IoStatus _sendStatus;

    internal SocketConnection(TransportSocket socket)
    {
        _socket = socket;
        _out = new OutBuffer(socket.Loop.Memory, socket.Loop.Sizes.BlockBytes);
    }

    internal override EventLoop Loop => _socket.Loop;

    internal override EndPoint? LocalEndPoint => _socket.LocalEndPoint;

    internal override EndPoint? RemoteEndPoint => _socket.RemoteEndPoint;

    internal override bool IsClosed => _closing || _socket.IsClosed;

    internal override int UnsentBytes => _out.Length;

    internal override ValueTask<IoResult> ReadAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer);

    internal override void Write(ReadOnlyMemory<byte> bytes)
    {
        Loop.AssertInside();
        if (MaySend)
        {
            _out.Write(bytes.Span);
        }
    }

    internal override void Write(IMemoryOwner<byte> block, int start, int end)
    {
        Loop.AssertInside();
        if (MaySend)
        {
            _out.Write(block, start, end);
        }
        else
        {
            block.Dispose();
        }
    }

    internal override ValueTask<IoStatus> FlushAsync()
    {
        Loop.AssertInside();
        if (_out.Length == 0 || _out.Length >= Loop.Sizes.HeldBytes || !MaySend)
        {
            return SendAllAsync();
        }

        if (!_held)
        {
            _held = true;
            Loop.Outbox.Add(this);
        }

        return new(IoStatus.Ok);
    }

    internal override ValueTask<IoStatus> SendAllAsync()
    {
        Loop.AssertInside();
        if (_awaited is { InFlight: true })
        {
            throw new InvalidOperationException("A flush is under way.");
        }

        SendWritten();
        return _sending ? (_awaited ??= new LoopOperation()).PendingStatus() : new(_sendStatus);
    }

    /// <summary>Sends what <see cref="FlushAsync"/> has left for the end of the round, unless it has gone meanwhile.</summary>
    internal void SendHeld()
    {
        _held = false;
        SendWritten();
    }

    internal override void Expect(long bytes) => _socket.Expect(bytes);

    private bool MaySend => _sendStatus == IoStatus.Ok && !_shutdownAsked;

    private void SendWritten()
    {
        if (!_sending && _out.Length > 0 && MaySend)
        {
            Send();
        }
    }

    // Nearly always the system takes all of it at once, or with the round's other sends. Else _sending stays and OnSent goes on.
    [SuppressMessage("Design", "CA1031", Justification = "A bug in one connection's send must not keep the round's others from theirs, nor this one from its end.")]
    private void Send()
    {
        _sending = true;
        try
        {
            do
            {
#pragma warning disable CA2012 // The awaiter is consumed once: here when it is done, else in OnSent.
                _send = _socket.SendAsync(_out).GetAwaiter();
#pragma warning restore CA2012
                if (!_send.IsCompleted)
                {
                    _send.UnsafeOnCompleted(_onSent ??= OnSent);
                    return;
                }
            }
            while (IsMoreLeft(_send.GetResult()));
        }
        catch (Exception e)
        {
            Loop.ReportUnhandled(e);
            IsMoreLeft(new IoResult(0, IoStatus.Failed));
        }

        _sending = false;
    }

    private void OnSent()
    {
        if (IsMoreLeft(_send.GetResult()))
        {
            Send();
            if (_sending)
            {
                _closeLate?.Set(WaitsAfterClose, DeadlineKind.Drain);
                return;
            }
        }

        _sending = false;
        var status = _sendStatus;
        if (_closing)
        {
            _closeLate!.Clear();
            EndSocket();
        }
        else if (_shutdownAsked && status == IoStatus.Ok)
        {
            _socket.ShutdownSend();
        }

        if (_awaited is { InFlight: true } awaited)
        {
            awaited.Complete(new IoResult(0, status));
        }
    }

    private bool IsMoreLeft(IoResult sent)
    {
        if (_sendStatus == IoStatus.Ok)
        {
            _sendStatus = sent.Status;
        }

        _out.Consume(_sendStatus == IoStatus.Ok ? sent.Bytes : _out.Length);
        return _out.Length > 0;
    }
}
