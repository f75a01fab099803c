using System.Buffers.Binary;

namespace PipeProxy.Tls;

/// <summary>Reads the presentation language of TLS (RFC 8446 section 3): numbers and vectors. Past the end everything is empty and <see cref="Failed"/> is set, so a parser asks once.</summary>
internal ref struct TlsReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>Something was asked for that was not there.</summary>
    internal bool Failed { get; private set; }

    internal readonly bool IsEmpty => _left.IsEmpty;

    internal byte ReadByte()
    {
        var taken = Take(1);
        return taken.IsEmpty ? (byte)0 : taken[0];
    }

    internal ushort ReadUInt16()
    {
        var taken = Take(2);
        return taken.IsEmpty ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(taken);
    }

    internal int ReadUInt24()
    {
        var taken = Take(3);
        return taken.IsEmpty ? 0 : (taken[0] << 16) | (taken[1] << 8) | taken[2];
    }

    /// <summary><c>opaque v&lt;0..2^8-1&gt;</c></summary>
    internal ReadOnlySpan<byte> ReadVector8() => Take(ReadByte());

    /// <summary><c>opaque v&lt;0..2^16-1&gt;</c></summary>
    internal ReadOnlySpan<byte> ReadVector16() => Take(ReadUInt16());

    /// <summary><c>opaque v&lt;0..2^24-1&gt;</c></summary>
    internal ReadOnlySpan<byte> ReadVector24() => Take(ReadUInt24());

    internal ReadOnlySpan<byte> Take(int count)
    {
        if (count > _left.Length)
        {
            Failed = true;
            _left = default;
            return default;
        }

        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }
}
