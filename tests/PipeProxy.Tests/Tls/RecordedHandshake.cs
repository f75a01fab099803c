using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using PipeProxy.Testing;
using PipeProxy.Tls;

namespace PipeProxy.Tests.Tls;

/// <summary>The bytes of one real handshake, in the order in which the client saw them.</summary>
internal sealed class RecordedHandshake
{
    private readonly List<(bool IsSent, byte[] Bytes)> _pieces = [];

    /// <summary>Shakes hands with <paramref name="origin"/>, reads an answer to its end and keeps every byte.</summary>
    /// <param name="origin">Whatever its certificate.</param>
    /// <param name="protocol">The only version offered.</param>
    /// <param name="resumeAs">A server name under which a session of this process may be resumed; null: none is.</param>
    public static async Task<RecordedHandshake> WithAsync(ByteOrigin origin, SslProtocols protocol, string? resumeAs = null)
    {
        var handshake = new RecordedHandshake();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", origin.Port);
        await using var ssl = new SslStream(new Recorder(client.GetStream(), handshake._pieces));
        await ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = resumeAs ?? "localhost",
            EnabledSslProtocols = protocol,
            AllowTlsResume = resumeAs is not null,
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        });
        await ssl.WriteAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        while (await ssl.ReadAsync(new byte[256]) > 0)
        {
        }

        return handshake;
    }

    /// <summary>Shows the bytes to a new observer in pieces of <paramref name="size"/>, changed by <paramref name="change"/> first.</summary>
    public HandshakeObserver Replay(int size = int.MaxValue, Action<byte[]>? change = null)
    {
        var observer = new HandshakeObserver();
        foreach (var (isSent, original) in _pieces)
        {
            var bytes = original.ToArray();
            change?.Invoke(bytes);
            foreach (var piece in bytes.Chunk(Math.Min(size, bytes.Length)))
            {
                if (isSent)
                {
                    observer.Sent(piece);
                }
                else
                {
                    observer.Received(piece);
                }
            }
        }

        return observer;
    }

    private sealed class Recorder(Stream inner, List<(bool IsSent, byte[] Bytes)> pieces) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = await inner.ReadAsync(buffer, cancellationToken);
            if (bytes > 0)
            {
                pieces.Add((false, buffer[..bytes].ToArray()));
            }

            return bytes;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            pieces.Add((true, buffer.ToArray()));
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            pieces.Add((true, buffer.AsSpan(offset, count).ToArray()));
            inner.Write(buffer, offset, count);
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
