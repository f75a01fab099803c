using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>TLS over a <see cref="SocketConnection"/>, after the handshake.</summary>
/// <remarks>
/// An orderly end is told from a cut one by where SslStream stopped: at close_notify it ends without asking its inner stream again; if the inner stream has reported the end of the connection, there was no close_notify.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "SslStream is disposed when the connection is closed and its last read has ended.")]
internal sealed class TlsConnection : SecuredStream
{
    private readonly SocketConnection _socket;
    private readonly TlsTransportStream _transport;
    private readonly SslStream _ssl;
    private readonly TlsPeer _peer;
    private readonly TlsRecordReader _records;

    // Most bytes that SslStream may hold, for a read to get without waiting; at first unknown, because of records behind the handshake's.
    private long _heldAtMost = 1L << 40;
    private bool _reading;
    private bool _shutdown;
    private IoStatus _ended;
    private Failure? _failure;
    private X509Certificate2? _originCertificate;

    internal TlsConnection(SocketConnection socket, TlsTransportStream transport, SslStream ssl, TlsPeer peer, bool? certificateRequested)
    {
        _socket = socket;
        _transport = transport;
        _records = transport.Records!;
        _ssl = ssl;
        _peer = peer;
        CertificateRequested = certificateRequested;
        Protocol = ssl.SslProtocol;
        Cipher = ssl.NegotiatedCipherSuite;
    }

    internal override bool? CertificateRequested { get; }

    internal SslProtocols Protocol { get; }

    internal TlsCipherSuite Cipher { get; }

    internal override Failure? Failure => _failure;

    /// <summary>Bytes of its handshake that it keeps.</summary>
    internal int KeptBytes => _transport.KeptBytes;

    internal override HandshakeSummary? DescribeHandshake() => _peer.Summarise(_transport, CertificateRequested, null, OriginCertificate());

    internal override void KeepForReport() => OriginCertificate();

    internal override EventLoop Loop => _socket.Loop;

    internal override EndPoint? LocalEndPoint => _socket.LocalEndPoint;

    internal override EndPoint? RemoteEndPoint => _socket.RemoteEndPoint;

    internal override bool IsClosed => _socket.IsClosed;

    internal override int UnsentBytes => _socket.UnsentBytes;

    internal override ValueTask<IoResult> ReadAsync(Memory<byte> buffer)
    {
        Loop.AssertInside();
        if (IsClosed)
        {
            return new(new IoResult(0, IoStatus.Aborted));
        }

        if (_ended != IoStatus.Ok)
        {
            return new(new IoResult(0, _ended));
        }

        if (buffer.IsEmpty)
        {
            // A wait does not touch SslStream: nothing of its is pending while a connection is idle. What comes may be no data but a session ticket; then the next read waits on.
            return _heldAtMost > 0 || _records.HasRecord ? new(new IoResult(0, IoStatus.Ok)) : _socket.ReadAsync(buffer);
        }

        return DecryptAsync(buffer);
    }

    internal override void Write(ReadOnlyMemory<byte> bytes)
    {
        Loop.AssertInside();
        if (!IsClosed && !_shutdown && _ended is IoStatus.Ok or IoStatus.End or IoStatus.TlsTruncated)
        {
            Encrypt(bytes);
        }
    }

    internal override void Write(IMemoryOwner<byte> block, int start, int end)
    {
        Write(block.Memory[start..end]);
        block.Dispose();
    }

    internal override ValueTask<IoStatus> FlushAsync() => _socket.FlushAsync();

    internal override ValueTask<IoStatus> SendAllAsync() => _socket.SendAllAsync();

    internal override void Expect(long bytes) => _socket.Expect(bytes);

    internal override void ShutdownSend()
    {
        Loop.AssertInside();
        SendCloseNotify();
        _socket.ShutdownSend();
    }

    internal override void Close()
    {
        Loop.AssertInside();
        if (!IsClosed)
        {
            SendCloseNotify();
            _socket.Close();
            DisposeUnlessReading();
        }
    }

    internal override void Abort()
    {
        Loop.AssertInside();
        _socket.Abort();
        DisposeUnlessReading();
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    [SuppressMessage("Design", "CA1031", Justification = "What a peer can cause is a value from here on.")]
    private async ValueTask<IoResult> DecryptAsync(Memory<byte> buffer)
    {
        _reading = true;
        var total = 0;
        try
        {
            if (_heldAtMost == 0 && !_records.HasRecord)
            {
                await _records.FillAsync();
            }

            // SslStream gives one record at a time; those behind it that are there, and fit, fill what is left of the buffer.
            do
            {
                var room = buffer.Length - total;
                _transport.MayWait = total == 0;
                var bytes = await _ssl.ReadAsync(buffer[total..], CancellationToken.None);
                if (bytes == 0)
                {
                    return Ended(_transport.EndStatus == IoStatus.Ok ? IoStatus.End : IoStatus.TlsTruncated, null, total);
                }

                // It decrypts what it was given until the buffer is full: a short read has left nothing behind.
                total += bytes;
                var handed = _records.CountHanded();
                _heldAtMost = bytes < room ? 0 : Math.Max(0, _heldAtMost + handed - bytes);
            }
            while (_heldAtMost == 0 && _records.HasDataRecord && _records.MaxDataBytes <= buffer.Length - total);

            return new IoResult(total, IoStatus.Ok);
        }
        catch (NothingReadyException)
        {
            // What came behind the data was no data: a goodbye is told as an end, so a ticket or new keys, padded to a record's full size.
            _heldAtMost = 0;
            _records.CountHanded();
            return new IoResult(total, IoStatus.Ok);
        }
        catch (Exception e)
        {
            var (status, failure) = TlsFailure.Of(e, _peer);
            return Ended(status, failure, total);
        }
        finally
        {
            _reading = false;
            if (IsClosed)
            {
                DisposeUnlessReading();
            }
        }
    }

    // What was decrypted before comes first; the next read tells the end.
    private IoResult Ended(IoStatus status, Failure? failure, int total)
    {
        _ended = IsClosed ? IoStatus.Aborted : status;
        _failure ??= IsClosed || failure is null ? null : failure with { Tls = DescribeHandshake() };
        return total > 0 && !IsClosed ? new IoResult(total, IoStatus.Ok) : new IoResult(0, _ended);
    }

    [SuppressMessage("Design", "CA1031", Justification = "What a peer can cause is a value from here on.")]
    private void Encrypt(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var write = _ssl.WriteAsync(bytes, CancellationToken.None);
            if (write.IsCompleted)
            {
                write.GetAwaiter().GetResult();
                return;
            }

            // The inner write always completes, so only a renegotiation can make SslStream wait; it is not allowed.
            _failure ??= new Failure(Outcome.TlsProtocolError, $"{_peer.Sentence} began a renegotiation.", "Switch renegotiation off there, or allow TLS 1.3, which has none.");
            Abort();
        }
        catch (Exception e)
        {
            // The reader learns the cause; if there is none to read, this one stands.
            _failure ??= TlsFailure.Of(e, _peer).Failure;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Saying goodbye is best effort.")]
    private void SendCloseNotify()
    {
        if (_shutdown || _ended is not (IoStatus.Ok or IoStatus.End or IoStatus.TlsTruncated))
        {
            return;
        }

        _shutdown = true;
        try
        {
            // Completes at once, as every write does.
            _ = _ssl.ShutdownAsync();
        }
        catch (Exception)
        {
            // A connection that has failed has nothing more to say.
        }
    }

    // SslStream has it until it is disposed; keeping it apart from the start would cost every connection.
    private X509Certificate2? OriginCertificate()
    {
        try
        {
            return _originCertificate ??= _ssl.RemoteCertificate as X509Certificate2;
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            return null;
        }
    }

    // A pending read completes when the socket has let go of its buffer, which is SslStream's; until then SslStream lives.
    private void DisposeUnlessReading()
    {
        if (!_reading)
        {
            _ssl.Dispose();
            _records.Release();
        }
    }
}
