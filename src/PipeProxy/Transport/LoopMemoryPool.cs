using System.Buffers;

namespace PipeProxy.Transport;

/// <summary>Blocks of 4, 16, 66 (four records of TLS) and 160 KiB that live on one loop; renting and returning is a push or a pop.</summary>
/// <remarks>
/// Blocks are pinned, so that a system call takes them as they are. One that is returned on another thread, or when enough are kept, is left to the garbage collector. Larger requests get an array of their own.
/// </remarks>
internal sealed class LoopMemoryPool(EventLoop loop) : MemoryPool<byte>
{
    private static readonly int[] Sizes = [4 * 1024, 16 * 1024, 66 * 1024, 160 * 1024];
    private static readonly int[] Kept = [4096, 2048, 256, 64];

    private readonly Stack<Block>[] _free = [new(), new(), new(), new()];

    public override int MaxBufferSize => Array.MaxLength;

    /// <summary>Blocks that are out.</summary>
    internal int Rented { get; private set; }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        loop.AssertInside();
        Rented++;
        for (var i = 0; i < Sizes.Length; i++)
        {
            if (minBufferSize <= Sizes[i])
            {
                if (!_free[i].TryPop(out var block))
                {
                    block = new Block(this, i, GC.AllocateUninitializedArray<byte>(Sizes[i], pinned: true));
                }

                block.IsRented = true;
                return block;
            }
        }

        return new Block(this, -1, GC.AllocateUninitializedArray<byte>(minBufferSize, pinned: true)) { IsRented = true };
    }

    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (!block.IsRented || !loop.IsInside)
        {
            return;
        }

        block.IsRented = false;
        Rented--;
        if (block.SizeClass >= 0 && _free[block.SizeClass].Count < Kept[block.SizeClass])
        {
            _free[block.SizeClass].Push(block);
        }
    }

    private sealed class Block(LoopMemoryPool pool, int sizeClass, byte[] bytes) : IMemoryOwner<byte>
    {
        internal bool IsRented;

        internal int SizeClass => sizeClass;

        public Memory<byte> Memory => bytes;

        public void Dispose() => pool.Return(this);
    }
}
