using System.Runtime.CompilerServices;

namespace PipeProxy.Http1;

/// <summary>Bytes of a head, counted from the head's first byte, so that the head survives a move to another block.</summary>
/// <remarks>
/// One word, written and read whole: a processor cannot hand two just written halves to one read of both, and waits until they
/// have reached its cache. A head's ranges are read moments after they are written.
/// </remarks>
internal readonly record struct ByteRange
{
    private readonly ulong _startAndLength;

    public ByteRange(int start, int length) => _startAndLength = (uint)start | ((ulong)(uint)length << 32);

    public int Start => (int)_startAndLength;

    public int Length => (int)(_startAndLength >> 32);

    public int End => Start + Length;

    // Inlined, or the range would have to lie in memory to be called upon.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> block) => block.Slice(Start, Length);
}
