using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary>One TCP connection: a transport's socket and its out-buffer.</summary>
internal sealed class SocketConnection : LoopStream
{
    private readonly TransportSocket _socket;
    private readonly OutBuffer _out;
    private bool _flushing;
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

    internal override bool IsClosed => _socket.IsClosed;

    internal override int UnsentBytes => _out.Length;

    internal override ValueTask<IoResult> ReadAsync(Memory<byte> buffer) => _socket.ReceiveAsync(buffer);

    internal override void Write(ReadOnlyMemory<byte> bytes)
    {
        Loop.AssertInside();
        if (_sendStatus == IoStatus.Ok && !_shutdownAsked)
        {
            _out.Write(bytes.Span);
        }
    }

    internal override void Write(IMemoryOwner<byte> block, int start, int end)
    {
        Loop.AssertInside();
        if (_sendStatus == IoStatus.Ok && !_shutdownAsked)
        {
            _out.Write(block, start, end);
        }
        else
        {
            block.Dispose();
        }
    }

    internal override ValueTask<IoResult> FlushAsync()
    {
        Loop.AssertInside();
        if (_out.Length == 0 || _sendStatus != IoStatus.Ok || _shutdownAsked)
        {
            return new(new IoResult(0, _sendStatus));
        }

        if (_flushing)
        {
            throw new InvalidOperationException("A flush is under way.");
        }

        // Nearly always the system takes all of it at once.
        var send = _socket.SendAsync(_out);
        if (!send.IsCompletedSuccessfully)
        {
            return SendAllAsync(send);
        }

        var sent = send.Result;
        if (!sent.IsOk || sent.Bytes < _out.Length)
        {
            return SendAllAsync(new(sent));
        }

        _out.Clear();
        return new(sent);
    }

    internal override void ShutdownSend()
    {
        Loop.AssertInside();
        if (IsClosed || _shutdownAsked)
        {
            return;
        }

        _shutdownAsked = true;
        if (!_flushing)
        {
            _ = SendAndForgetAsync();
        }
    }

    internal override void Close()
    {
        Loop.AssertInside();
        if (IsClosed)
        {
            return;
        }

        if (!_flushing && _out.Length > 0 && _sendStatus == IoStatus.Ok)
        {
            // Completes at once when the system takes it all; else the close below cuts it short, and the buffer returns to the pool when the system has let go of it.
            _ = SendAndForgetAsync();
        }

        _socket.Close();
        Ended();
    }

    internal override void Abort()
    {
        Loop.AssertInside();
        if (!IsClosed)
        {
            _socket.Abort();
            Ended();
        }
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private async ValueTask<IoResult> SendAllAsync(ValueTask<IoResult> send)
    {
        _flushing = true;
        var sent = 0;
        while (true)
        {
            var result = await send;
            _out.Consume(result.Bytes);
            sent += result.Bytes;
            if (!result.IsOk)
            {
                _sendStatus = result.Status;
            }

            if (_sendStatus != IoStatus.Ok)
            {
                _out.Clear();
            }

            if (_out.Length == 0)
            {
                break;
            }

            send = _socket.SendAsync(_out);
        }

        _flushing = false;
        if (_shutdownAsked && _sendStatus == IoStatus.Ok)
        {
            _socket.ShutdownSend();
        }

        return new IoResult(sent, _sendStatus);
    }

    private async Task SendAndForgetAsync()
    {
        if (_out.Length > 0)
        {
            await SendAllAsync(_socket.SendAsync(_out));
        }
        else if (_sendStatus == IoStatus.Ok)
        {
            _socket.ShutdownSend();
        }
    }

    // From here on nothing is sent. While a flush is under way the blocks are the system's; its end clears them.
    private void Ended()
    {
        if (_sendStatus == IoStatus.Ok)
        {
            _sendStatus = IoStatus.Aborted;
        }

        if (!_flushing)
        {
            _out.Clear();
        }
    }
}
