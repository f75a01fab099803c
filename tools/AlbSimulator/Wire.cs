using System.Diagnostics;
using System.Net.Sockets;

namespace AlbSimulator;

/// <summary>The socket as the stream that BouncyCastle reads and writes. How the connection ends is decided here, not by BouncyCastle.</summary>
internal sealed class Wire(Socket socket) : Stream
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private bool _muted;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From now on nothing is sent: the alert that BouncyCastle is about to write goes nowhere.</summary>
    public void Mute() => _muted = true;

    /// <summary>Waits for bytes. False: none within the time.</summary>
    public bool WaitForInput(TimeSpan time) =>
        _start < _end || socket.Poll(time < TimeSpan.FromMinutes(30) ? time : TimeSpan.FromMinutes(30), SelectMode.SelectRead);

    /// <summary>A read that takes longer fails.</summary>
    public void SetReadTimeout(TimeSpan time) => socket.ReceiveTimeout = (int)Math.Min(time.TotalMilliseconds, int.MaxValue);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = Receive(_buffer);
        }

        int length = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, length).CopyTo(buffer);
        _start += length;
        return length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_muted)
        {
            return;
        }

        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[socket.Send(buffer)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException("The client's connection ended.", e);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>FIN, then whatever the client still sends is read and dropped, within a bound.</summary>
    /// <remarks>A socket closed over unread bytes sends RST, which can overtake the alert at the client.</remarks>
    public void EndGracefully()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            long deadline = Stopwatch.GetTimestamp() + (long)(DrainTime.TotalSeconds * Stopwatch.Frequency);
            while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline) is { Ticks: > 0 } left && socket.Poll(left, SelectMode.SelectRead))
            {
                if (socket.Receive(_buffer) == 0)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client was faster; there is nothing left to end.
        }

        socket.Dispose();
    }

    /// <summary>RST.</summary>
    public void EndByReset()
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already gone, which is what was wanted.
        }

        socket.Dispose();
    }

    private int Receive(byte[] buffer)
    {
        try
        {
            return socket.Receive(buffer);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException("The client's connection ended.", e);
        }
    }
}
