using System.Buffers;
using System.Net;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Upstream;

/// <summary>A connection that passes for one with TLS: bytes go as they are, and an exclamation mark from the origin is an alert.</summary>
internal sealed class StubTls(SocketConnection socket) : SecuredStream
{
    private Failure? _failure;

    internal override bool? CertificateRequested => true;

    internal override Failure? Failure => _failure;

    internal override EventLoop Loop => socket.Loop;

    internal override EndPoint? LocalEndPoint => socket.LocalEndPoint;

    internal override EndPoint? RemoteEndPoint => socket.RemoteEndPoint;

    internal override bool IsClosed => socket.IsClosed;

    internal override int UnsentBytes => socket.UnsentBytes;

    /// <summary>Handshakes that end at once.</summary>
    internal static ValueTask<(SecuredStream? Connection, Failure? Failure)> HandshakeAsync(SocketConnection socket, TlsClientOptions options) => new((new StubTls(socket), null));

    internal override async ValueTask<IoResult> ReadAsync(Memory<byte> buffer)
    {
        var result = await socket.ReadAsync(buffer);
        if (result.Bytes > 0 && buffer.Span[0] == '!')
        {
            _failure = new Failure(Outcome.TlsAlertReceived, "The origin sent alert 48 (unknown_ca).", "Add the CA to its trust store.", 48);
            return new IoResult(0, IoStatus.TlsAlert);
        }

        return result;
    }

    internal override void Write(ReadOnlyMemory<byte> bytes) => socket.Write(bytes);

    internal override void Write(IMemoryOwner<byte> block, int start, int end) => socket.Write(block, start, end);

    internal override ValueTask<IoStatus> FlushAsync() => socket.FlushAsync();

    internal override ValueTask<IoStatus> SendAllAsync() => socket.SendAllAsync();

    internal override void Expect(long bytes) => socket.Expect(bytes);

    internal override void ShutdownSend() => socket.ShutdownSend();

    internal override void Close() => socket.Close();

    internal override void Abort() => socket.Abort();
}
