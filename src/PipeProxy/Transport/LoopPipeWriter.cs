using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary>A <see cref="PipeWriter"/> over a <see cref="LoopStream"/>. Bytes gather in one block; a flush hands the block to the stream and sends.</summary>
/// <remarks>
/// Loop-owned; one flush at a time. What a peer can cause is not thrown: the flush completes with <c>IsCompleted</c> and
/// <see cref="Status"/> says why. Between flushes an idle writer holds no block.
/// </remarks>
internal sealed class LoopPipeWriter : PipeWriter, IDeadlineOwner
{
    private readonly LoopStream _stream;
    private readonly int _blockBytes;
    private readonly Deadline _deadline;
    private IMemoryOwner<byte>? _block;
    private Memory<byte> _memory;
    private int _written;
    private TimeSpan _timeout = Timeout.InfiniteTimeSpan;

    /// <summary>Makes a writer that owns the writing side of <paramref name="stream"/>.</summary>
    /// <param name="stream">Where the bytes go.</param>
    /// <param name="blockBytes">Size of the gathering block; a full one is handed on by itself.</param>
    public LoopPipeWriter(LoopStream stream, int blockBytes = 16 * 1024)
    {
        _stream = stream;
        _blockBytes = blockBytes;
        _deadline = new Deadline(stream.Loop, this);
    }

    /// <summary>How the last flush ended; once it is not <see cref="IoStatus.Ok"/> it stays.</summary>
    public IoStatus Status { get; private set; }

    /// <summary>A flush took longer than it may, and that ended the stream.</summary>
    public bool TimedOut { get; private set; }

    /// <summary>All bytes handed to the stream so far.</summary>
    public long BytesWritten { get; private set; }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _written + _stream.UnsentBytes;

    /// <summary>Bounds every flush from now on. When it runs out the stream is aborted.</summary>
    public void SetTimeout(TimeSpan timeout) => _timeout = timeout;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_block is not null && _memory.Length - _written < Math.Max(sizeHint, 1))
        {
            Push();
        }

        if (_block is null)
        {
            _block = _stream.Loop.Memory.Rent(Math.Max(sizeHint, _blockBytes));
            _memory = _block.Memory;
        }

        return _memory[_written..];
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes) => _written += bytes;

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        _stream.Loop.AssertInside();
        Push();
        if (Status != IoStatus.Ok)
        {
            return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: true));
        }

        var flush = _stream.FlushAsync();
        return flush.IsCompleted ? new ValueTask<FlushResult>(Finish(flush.Result)) : AwaitFlushAsync(flush);
    }

    /// <summary>As <see cref="FlushAsync"/>, and completes when the system has taken everything: before the connection is closed.</summary>
    public ValueTask<FlushResult> SendAllAsync()
    {
        Push();
        return AwaitFlushAsync(_stream.SendAllAsync());
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> AwaitFlushAsync(ValueTask<IoStatus> flush)
    {
        _deadline.Set(_timeout, DeadlineKind.BetweenBytes);
        var sent = await flush;
        _deadline.Clear();
        return Finish(sent);
    }

    private FlushResult Finish(IoStatus sent)
    {
        if (sent != IoStatus.Ok)
        {
            Status = sent;
        }

        return new FlushResult(isCanceled: false, isCompleted: Status != IoStatus.Ok);
    }

    /// <summary>Hands what was written to the stream, which takes it synchronously (TLS: encrypted); nothing is sent yet.</summary>
    public void Push()
    {
        if (_block is null)
        {
            return;
        }

        var (block, written) = (_block, _written);
        (_block, _written) = (null, 0);
        if (written > 0)
        {
            BytesWritten += written;
            _stream.Write(block, 0, written);
        }
        else
        {
            block.Dispose();
        }
    }

    /// <summary>Writes a block of the loop's pool as it is and takes it over; what was written before goes before it.</summary>
    public void Write(IMemoryOwner<byte> block, int start, int end)
    {
        Push();
        BytesWritten += end - start;
        _stream.Write(block, start, end);
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind)
    {
        TimedOut = true;
        _stream.Abort();
    }

    /// <summary>Has no effect: nothing waits for a flush that another would have to end.</summary>
    public override void CancelPendingFlush()
    {
    }

    /// <summary>Gives the block back; bytes not flushed are dropped.</summary>
    public override void Complete(Exception? exception = null)
    {
        _written = 0;
        _block?.Dispose();
        _block = null;
        _deadline.Clear();
    }
}
