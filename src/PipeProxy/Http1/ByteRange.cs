namespace PipeProxy.Http1;

/// <summary>Bytes of a head, counted from the head's first byte, so that the head survives a move to another block.</summary>
internal readonly record struct ByteRange(int Start, int Length)
{
    public int End => Start + Length;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> block) => block.Slice(Start, Length);
}
