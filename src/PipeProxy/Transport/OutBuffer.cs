using System.Buffers;

namespace PipeProxy.Transport;

/// <summary>What a connection has still to send: a chain of pooled blocks. Holds none when empty.</summary>
internal sealed class OutBuffer(LoopMemoryPool pool, int blockBytes)
{
    // A ring.
    private Piece[] _pieces = new Piece[4];
    private int _first;
    private int _count;

    /// <summary>Bytes to send.</summary>
    internal int Length { get; private set; }

    /// <summary>Blocks that hold them.</summary>
    internal int BlockCount => _count;

    /// <summary>The bytes of one block, counted from the front.</summary>
    internal ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            ref var piece = ref PieceAt(index);
            return piece.Block.Memory[piece.Start..piece.End];
        }
    }

    /// <summary>Appends a copy. Allowed while a send of what was there before is under way.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_count == 0 || PieceAt(_count - 1).Room == 0)
            {
                Append(new Piece { Block = pool.Rent(blockBytes), Capacity = blockBytes });
            }

            ref var tail = ref PieceAt(_count - 1);
            var taken = Math.Min(bytes.Length, tail.Room);
            bytes[..taken].CopyTo(tail.Block.Memory.Span[tail.End..]);
            tail.End += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>Appends a block of the same pool as it is, and takes it over.</summary>
    /// <param name="block">Returned to its pool when it is sent.</param>
    /// <param name="start">Where its bytes begin.</param>
    /// <param name="end">Where they end.</param>
    internal void Write(IMemoryOwner<byte> block, int start, int end)
    {
        Length += end - start;
        Append(new Piece { Block = block, Start = start, End = end, Capacity = end });
    }

    /// <summary>Drops bytes from the front and returns the blocks that are done.</summary>
    internal void Consume(int bytes)
    {
        Length -= bytes;
        while (_count > 0)
        {
            ref var head = ref PieceAt(0);
            if (bytes < head.End - head.Start)
            {
                head.Start += bytes;
                return;
            }

            bytes -= head.End - head.Start;
            head.Block.Dispose();
            head = default;
            _first = (_first + 1) & (_pieces.Length - 1);
            _count--;
        }
    }

    /// <summary>Drops everything.</summary>
    internal void Clear() => Consume(Length);

    private ref Piece PieceAt(int index) => ref _pieces[(_first + index) & (_pieces.Length - 1)];

    private void Append(Piece piece)
    {
        if (_count == _pieces.Length)
        {
            var larger = new Piece[_count * 2];
            for (var i = 0; i < _count; i++)
            {
                larger[i] = PieceAt(i);
            }

            (_pieces, _first) = (larger, 0);
        }

        _pieces[(_first + _count++) & (_pieces.Length - 1)] = piece;
    }

    private struct Piece
    {
        internal IMemoryOwner<byte> Block;
        internal int Start;
        internal int End;
        internal int Capacity;

        internal readonly int Room => Capacity - End;
    }
}
