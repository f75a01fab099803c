using System.Buffers;

namespace PipeProxy.Transport;

/// <summary>What a connection has still to send: a chain of pooled blocks. Holds none when empty.</summary>
internal sealed class OutBuffer(LoopMemoryPool pool, int blockBytes)
{
    // A ring. All blocks but the last are full up to blockBytes.
    private IMemoryOwner<byte>[] _blocks = new IMemoryOwner<byte>[4];
    private int _first;
    private int _count;
    private int _headOffset;
    private int _tailBytes;

    /// <summary>Bytes to send.</summary>
    internal int Length { get; private set; }

    /// <summary>Blocks that hold them.</summary>
    internal int BlockCount => _count;

    /// <summary>The bytes of one block, counted from the front.</summary>
    internal ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            var start = index == 0 ? _headOffset : 0;
            var end = index == _count - 1 ? _tailBytes : blockBytes;
            return BlockAt(index).Memory[start..end];
        }
    }

    /// <summary>Appends a copy. Allowed while a send of what was there before is under way.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_count == 0 || _tailBytes == blockBytes)
            {
                Append();
            }

            var taken = Math.Min(bytes.Length, blockBytes - _tailBytes);
            bytes[..taken].CopyTo(BlockAt(_count - 1).Memory.Span[_tailBytes..]);
            _tailBytes += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>Drops bytes from the front and returns the blocks that are done.</summary>
    internal void Consume(int bytes)
    {
        Length -= bytes;
        while (bytes > 0 || (_count > 0 && Length == 0))
        {
            var inHead = (_count == 1 ? _tailBytes : blockBytes) - _headOffset;
            if (bytes < inHead)
            {
                _headOffset += bytes;
                return;
            }

            bytes -= inHead;
            DropHead();
        }
    }

    /// <summary>Drops everything.</summary>
    internal void Clear() => Consume(Length);

    private IMemoryOwner<byte> BlockAt(int index) => _blocks[(_first + index) & (_blocks.Length - 1)];

    private void Append()
    {
        if (_count == _blocks.Length)
        {
            var larger = new IMemoryOwner<byte>[_count * 2];
            for (var i = 0; i < _count; i++)
            {
                larger[i] = BlockAt(i);
            }

            (_blocks, _first) = (larger, 0);
        }

        _blocks[(_first + _count++) & (_blocks.Length - 1)] = pool.Rent(blockBytes);
        _tailBytes = 0;
    }

    private void DropHead()
    {
        BlockAt(0).Dispose();
        _blocks[_first] = null!;
        _first = (_first + 1) & (_blocks.Length - 1);
        _count--;
        _headOffset = 0;
    }
}
