using System.Buffers;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>What SslStream reads from and writes to: the socket's connection, seen from a handshake worker first and from the loop afterwards.</summary>
/// <remarks>
/// <para>SslStream resumes wherever its inner read completes, so this stream decides on which thread it runs. <b>Handshaking</b>: everything here runs on a worker; the socket still belongs to the loop. Writes gather in a buffer of the
/// handshake's own; a read hands that buffer and the read itself to the loop in one post, the loop sends, reads, and schedules the continuation on a worker. So one side at a time holds the fields, and the queues between them order
/// memory. <b>Looped</b>: reads take whole records from <see cref="TlsRecordReader"/>, writes go straight to the connection, and SslStream runs inline on the loop. <see cref="Publish"/> switches once, on the loop, when the handshake has ended.</para>
/// <para>A read in Handshaking mode starts when its continuation is registered, not before: a completion cannot come too early, and no continuation ends up on another thread.</para>
/// <para>Writes complete synchronously in both modes: that is what keeps SslStream from allocating.</para>
/// </remarks>
internal sealed class TlsTransportStream(SocketConnection socket, HandshakeWorkers workers, bool keepsHellos) : Stream, IValueTaskSource<int>
{
    private readonly ArrayBufferWriter<byte> _flight = new(2048);
    private TlsRecords _received;
    private TlsRecords _sent;
    private HandshakeBytes _receivedHello;
    private HandshakeBytes _sentHello;

    // The read under way in Handshaking mode.
    private short _version;
    private Memory<byte> _readBuffer;
    private IoResult _readResult;
    private Action<object?>? _continuation;
    private object? _state;

    /// <summary>How the last read that gave no bytes ended; Ok while none has.</summary>
    internal IoStatus EndStatus { get; private set; }

    /// <summary>In Looped mode: what has come and SslStream has not taken yet; null before.</summary>
    internal TlsRecordReader? Records { get; private set; }

    /// <summary>In Looped mode: whether a read may wait for a record that is not there yet; otherwise it throws <see cref="NothingReadyException"/>, because SslStream's caller has data in hand.</summary>
    internal bool MayWait { get; set; } = true;

    /// <summary>Records that came in the handshake.</summary>
    internal ref readonly TlsRecords Received => ref _received;

    /// <summary>Records of our handshake.</summary>
    internal ref readonly TlsRecords Sent => ref _sent;

    /// <summary>Bytes that are kept for <see cref="ReadHellos"/>.</summary>
    internal int KeptBytes => _sentHello.Span.Length + _receivedHello.Span.Length;

    /// <summary>Reads what of the handshake was not encrypted. Only when something failed: it is work, and it allocates.</summary>
    internal HandshakeObserver ReadHellos()
    {
        var observer = new HandshakeObserver();
        observer.Sent(_sentHello.Span);
        observer.Received(_receivedHello.Span);
        return observer;
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Ends Handshaking mode, on the loop: what the handshake left to send goes to the connection's out-buffer.</summary>
    internal void Publish()
    {
        socket.Loop.AssertInside();
        Records = new TlsRecordReader(socket, _received);
        WriteFlight();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            // SslStream asks so before it takes a buffer; who wants to wait without one waits on the socket.
            return new(0);
        }

        if (Records is { } records)
        {
            return records.HasRecord ? new(TakeRecords(records, buffer.Span))
                : MayWait ? ReadRecordsAsync(records, buffer)
                : throw new NothingReadyException();
        }

        _readBuffer = buffer;
        return new ValueTask<int>(this, _version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Records is not null)
        {
            socket.Write(buffer);
        }
        else
        {
            Write(buffer.Span);
        }

        return default;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Records is not null)
        {
            socket.Write(buffer.ToArray());
            return;
        }

        var plain = _sent.Observe(buffer);
        if (keepsHellos && _sentHello.Span.IsEmpty)
        {
            // The flight with the ClientHello; what follows of ours is encrypted, or known.
            _sentHello.Keep(buffer[..plain]);
        }

        _flight.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => ValueTaskSourceStatus.Pending;

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        (_continuation, _state) = (continuation, state);
        socket.Loop.Post(static self => _ = ((TlsTransportStream)self!).ExchangeAsync(), this);
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        _version++;
        var (buffer, result) = (_readBuffer, _readResult);
        _readBuffer = default;
        return Take(result, buffer.Span);
    }

    // On the loop, for a worker that waits: sends its flight and reads the answer.
    private async Task ExchangeAsync()
    {
        WriteFlight();

        // A send that fails is never the verdict: the alert that explains it may be there to read.
        await socket.FlushAsync();
        _readResult = await socket.ReadAsync(_readBuffer);
        workers.Schedule(static self => ((TlsTransportStream)self!).Resume(), this);
    }

    private void Resume()
    {
        var (continuation, state) = (_continuation!, _state);
        (_continuation, _state) = (null, null);
        continuation(state);
    }

    private void WriteFlight()
    {
        socket.Write(_flight.WrittenMemory);
        _flight.ResetWrittenCount();
    }

    // Comes to pass behind a record that holds no data, such as a session ticket.
    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private async ValueTask<int> ReadRecordsAsync(TlsRecordReader records, Memory<byte> buffer)
    {
        await records.FillAsync();
        return TakeRecords(records, buffer.Span);
    }

    private int TakeRecords(TlsRecordReader records, Span<byte> buffer)
    {
        var taken = records.Take(buffer);
        return taken > 0 ? taken : End(records.Ended);
    }

    private int Take(IoResult result, ReadOnlySpan<byte> buffer)
    {
        if (result.IsOk)
        {
            var plain = _received.Observe(buffer[..result.Bytes]);
            if (keepsHellos)
            {
                _receivedHello.Keep(buffer[..plain]);
            }

            return result.Bytes;
        }

        return End(result.Status);
    }

    private int End(IoStatus status)
    {
        EndStatus = status;
        return status == IoStatus.End ? 0 : throw new TransportException(status);
    }
}
