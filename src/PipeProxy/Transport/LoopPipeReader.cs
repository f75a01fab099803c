using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary>A <see cref="PipeReader"/> over a <see cref="LoopStream"/>: whatever is buffered lies in one contiguous block.</summary>
/// <remarks>
/// Loop-owned; one read at a time. A head is parsed as offsets over one block, so a read that examined everything without
/// consuming it gets a larger block (4 -> 16 -> 160 KiB by default) and never a second segment. While nothing is buffered there is no
/// block at all: the wait is a zero-byte read. What a peer can cause is not thrown: the read completes and <see cref="Status"/> says why.
/// </remarks>
internal sealed class LoopPipeReader : PipeReader, IDeadlineOwner
{
    private readonly LoopStream _stream;
    private readonly BufferSizes _sizes;
    private readonly Deadline _deadline;
    private readonly Action<DeadlineKind>? _timedOut;
    private IMemoryOwner<byte>? _block;
    private Memory<byte> _memory;
    private IMemoryOwner<byte>? _held;
    private int _start;
    private int _end;
    private int _examined;
    private TimeSpan _timeout = Timeout.InfiniteTimeSpan;
    private DeadlineKind _timeoutKind;
    private bool _pending;
    private int _base;
    private int _nextBytes;
    private bool _flowing;

    /// <summary>Makes a reader that owns the reading side of <paramref name="stream"/>.</summary>
    /// <param name="stream">Where the bytes come from.</param>
    /// <param name="sizes">How the block grows.</param>
    /// <param name="timedOut">Ends the stream when a deadline passes, so that the read completes; null aborts it.</param>
    public LoopPipeReader(LoopStream stream, BufferSizes sizes, Action<DeadlineKind>? timedOut = null)
    {
        _stream = stream;
        _sizes = sizes;
        _nextBytes = sizes.First;
        _timedOut = timedOut;
        _deadline = new Deadline(stream.Loop, this);
    }

    /// <summary>How the last read ended. <see cref="IoStatus.Ok"/> while bytes flow; once it is anything else it stays.</summary>
    public IoStatus Status { get; private set; }

    /// <summary>Which deadline ended the stream; <see cref="DeadlineKind.None"/> when none did.</summary>
    public DeadlineKind TimedOut { get; private set; }

    /// <summary>Bytes received and not consumed.</summary>
    public int BufferedBytes => _end - _start;

    /// <summary>Bounds every wait from now on, and the one under way. When it runs out the stream ends.</summary>
    public void SetTimeout(TimeSpan timeout, DeadlineKind kind)
    {
        _timeout = timeout;
        _timeoutKind = kind;
        if (_pending)
        {
            Arm();
        }
    }

    /// <summary>As <see cref="LoopStream.Expect"/>.</summary>
    public void Expect(long bytes) => _stream.Expect(bytes);

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        _stream.Loop.AssertInside();
        return TryRead(out var result) ? new ValueTask<ReadResult>(result) : ReceiveAsync();
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (_end > _examined || Status != IoStatus.Ok)
        {
            result = new ReadResult(Buffered(), isCanceled: false, isCompleted: Status != IoStatus.Ok);
            return true;
        }

        result = default;
        return false;
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReceiveAsync()
    {
        _pending = true;
        Arm();

        if (_end == _start && _held is null && !(_flowing && _timeoutKind == DeadlineKind.BetweenBytes))
        {
            // An idle connection holds no buffer: wait for the first byte without one. Within a body that flows, the wait would be one more system call per read.
            ReturnBlock();
            await _stream.ReadAsync(Memory<byte>.Empty);
        }

        EnsureRoom();
        var room = _memory.Length - _end;
        var received = await _stream.ReadAsync(_memory[_end..]);

        FollowPace(received.Bytes, room);
        return Finish(received);
    }

    // A body that fills its blocks comes in larger ones from then on; what brings little goes back to small ones.
    private void FollowPace(int bytes, int room)
    {
        _flowing = bytes >= _nextBytes / 4;
        if (bytes == room)
        {
            _nextBytes = _nextBytes < _sizes.Second ? _sizes.Second : _sizes.Bulk;
        }
        else if (!_flowing)
        {
            _nextBytes = _sizes.First;
        }
    }

    private ReadResult Finish(IoResult received)
    {
        _pending = false;
        _deadline.Clear();
        _end += received.Bytes;
        if (!received.IsOk)
        {
            Status = TimedOut != DeadlineKind.None ? IoStatus.TimedOut : received.Status;
        }

        return new ReadResult(Buffered(), isCanceled: false, isCompleted: Status != IoStatus.Ok);
    }

    private void Arm()
    {
        if (_timeout > TimeSpan.Zero)
        {
            _deadline.Set(_timeout, _timeoutKind);
        }
        else
        {
            _deadline.Clear();
        }
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind)
    {
        TimedOut = kind;
        if (_timedOut is null)
        {
            _stream.Abort();
        }
        else
        {
            _timedOut(kind);
        }
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    /// <remarks>Positions are those of the last read's buffer: one segment, so their integers differ by bytes.</remarks>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        => Advance(consumed.GetInteger() - _base, examined.GetInteger() - _base);

    /// <summary>As <see cref="AdvanceTo(SequencePosition, SequencePosition)"/>, in bytes from the start of what is buffered.</summary>
    public void Advance(int consumed, int examined)
    {
        _examined = _start + examined;
        _start += consumed;
        if (_start == _end && !ReferenceEquals(_held, _block))
        {
            ReturnBlock();
        }
    }

    /// <summary>What is buffered, contiguous; valid until the next read or advance.</summary>
    public ReadOnlyMemory<byte> BufferedMemory => _memory[_start.._end];

    /// <summary>Consumes <paramref name="length"/> bytes but keeps them where they are until <see cref="ReleaseHead"/>.</summary>
    /// <returns>The bytes, valid until <see cref="ReleaseHead"/> even while reading goes on.</returns>
    public ReadOnlyMemory<byte> HoldHead(int length)
    {
        ReadOnlyMemory<byte> head = _memory.Slice(_start, length);
        _held = _block;
        _start += length;
        _examined = _start;
        return head;
    }

    /// <summary>Gives the held head back. The memory that <see cref="HoldHead"/> returned must not be touched any more.</summary>
    public void ReleaseHead()
    {
        if (_held is null)
        {
            return;
        }

        if (!ReferenceEquals(_held, _block))
        {
            _held.Dispose();
        }

        _held = null;
        if (_start == _end)
        {
            ReturnBlock();
        }
    }

    /// <summary>Gives away the block with everything that is buffered, which counts as consumed: for a body that goes on as it came.</summary>
    /// <param name="block">The caller's from now on.</param>
    /// <param name="start">Where the bytes begin.</param>
    /// <param name="end">Where they end.</param>
    /// <returns>False when the block also holds a head, or is not there.</returns>
    public bool TryTakeBlock([NotNullWhen(true)] out IMemoryOwner<byte>? block, out int start, out int end)
    {
        (block, start, end) = (_block, _start, _end);
        if (block is null || ReferenceEquals(_held, block))
        {
            return false;
        }

        (_block, _memory) = (null, default);
        _start = _end = _examined = 0;
        return true;
    }

    private ReadOnlySequence<byte> Buffered()
    {
        var buffered = _block is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_memory[_start.._end]);
        _base = buffered.Start.GetInteger();
        return buffered;
    }

    private void EnsureRoom()
    {
        if (_block is null)
        {
            Rent(_nextBytes);
            return;
        }

        if (_end < _memory.Length)
        {
            return;
        }

        var buffered = _end - _start;
        if (!ReferenceEquals(_held, _block) && buffered < _memory.Length / 2)
        {
            _memory[_start.._end].CopyTo(_memory);
            _examined -= _start;
            _start = 0;
            _end = buffered;
            return;
        }

        // The next size that leaves room. The largest is enough for every limit; its owner checks limits before it asks for more.
        var old = _block;
        var source = _memory[_start.._end];
        var examined = _examined - _start;
        Rent(Math.Max(_sizes.Above(buffered), _nextBytes));
        source.CopyTo(_memory);
        _end = buffered;
        _examined = examined;
        if (!ReferenceEquals(old, _held))
        {
            old.Dispose();
        }
    }

    private void Rent(int size)
    {
        _block = _stream.Loop.Memory.Rent(size);
        _memory = _block.Memory[..Math.Min(size, _block.Memory.Length)];
        _start = _end = _examined = 0;
    }

    private void ReturnBlock()
    {
        _block?.Dispose();
        _block = null;
        _memory = default;
        _start = _end = _examined = 0;
    }

    /// <summary>Not offered: a receive cannot be taken back from the kernel. Abort the stream, or let a timeout do it.</summary>
    public override void CancelPendingRead() => throw new NotSupportedException();

    /// <summary>Gives all buffers back. No read may be pending.</summary>
    public override void Complete(Exception? exception = null)
    {
        ReleaseHead();
        ReturnBlock();
        _deadline.Clear();
    }
}
