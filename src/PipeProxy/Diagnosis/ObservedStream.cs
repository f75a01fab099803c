using System.Net.Sockets;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Diagnosis;

/// <summary>The socket below SslStream, which shows every byte of the handshake to the observer and keeps how the peer ended the connection.</summary>
internal sealed class ObservedStream(Socket socket) : Stream
{
    private TlsRecords _received;
    private TlsRecords _sent;
    private volatile bool _sendSawReset;

    /// <summary>What the hellos say.</summary>
    internal HandshakeObserver Observer { get; } = new();

    /// <summary>Records that came.</summary>
    internal ref readonly TlsRecords Received => ref _received;

    /// <summary>Records that we sent.</summary>
    internal ref readonly TlsRecords Sent => ref _sent;

    /// <summary>How the last read that gave no bytes ended; Ok while none has.</summary>
    internal IoStatus EndStatus { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var bytes = await socket.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None).ConfigureAwait(false);
            if (bytes == 0 && !buffer.IsEmpty)
            {
                // A failed send takes the connection's error with it, and a receive then sees a bare end; what happened is a reset.
                EndStatus = _sendSawReset ? IoStatus.Reset : IoStatus.End;
            }

            _received.Observe(buffer.Span[..bytes]);
            Observer.Received(buffer.Span[..bytes]);
            return bytes;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            EndStatus = e is SocketException failed ? SystemSocket.StatusOf(failed.SocketErrorCode) : IoStatus.Aborted;
            throw new TransportException(EndStatus);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _sent.Observe(buffer.Span);
        Observer.Sent(buffer.Span);
        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, CancellationToken.None).ConfigureAwait(false)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Never the verdict: the alert that explains it may be there to read.
            _sendSawReset |= e is SocketException failed && SystemSocket.StatusOf(failed.SocketErrorCode) == IoStatus.Reset;
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
