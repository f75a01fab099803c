namespace PipeProxy.LoadTest.Http;

/// <summary>The last head that one target answered with, and what it says.</summary>
/// <remarks>
/// Under load the same answer comes thousands of times within the second that its Date names. Bytes that are equal mean the same, so a comparison (a few nanoseconds, vectorised) stands for
/// searching and parsing; a head that differs in one byte is parsed in full.
/// </remarks>
internal sealed class HeadCache(bool toHead)
{
    private byte[] _bytes = new byte[512];
    private int _length;
    private ResponseHead _head;

    /// <summary>Whether the requests are HEAD, whose answers have no body.</summary>
    internal bool ToHead => toHead;

    /// <summary>Whether the bytes begin with the remembered head.</summary>
    internal bool TryMatch(ReadOnlySpan<byte> bytes, out ResponseHead head, out int length)
    {
        (head, length) = (_head, _length);
        return length > 0 && bytes.StartsWith(_bytes.AsSpan(0, length));
    }

    internal void Remember(ReadOnlySpan<byte> bytes, in ResponseHead head)
    {
        if (bytes.Length > _bytes.Length)
        {
            _bytes = new byte[bytes.Length];
        }

        bytes.CopyTo(_bytes);
        (_length, _head) = (bytes.Length, head);
    }
}
