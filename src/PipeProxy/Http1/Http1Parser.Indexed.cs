using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Http1;

/// <content>Heads that lie whole in the buffer, out of the index.</content>
internal static partial class Http1Parser
{
    // SP HTTP-version
    private const int SpaceAndVersionLength = 9;

    // The shortest head is longer: "A / HTTP/1.0" and two line ends.
    private const int ShortestIndexed = 16;

    // A number as it lies in memory, to compare with bytes.
    private static readonly ushort LineEnd = MemoryMarshal.Read<ushort>("\r\n"u8);
    private static readonly uint Get = MemoryMarshal.Read<uint>("GET "u8);
    private static readonly ulong Http11 = MemoryMarshal.Read<ulong>("HTTP/1.1"u8);
    private static readonly ulong Http10 = MemoryMarshal.Read<ulong>("HTTP/1.0"u8);

    // False: progress is at the first line that must be read with care, perhaps the request line itself.
    [SkipLocalsInit]
    private static bool TryReadWhole(ReadOnlySpan<byte> buffer, RequestHead head, in HeadLimits limits)
    {
        if (buffer.Length < ShortestIndexed)
        {
            return false;
        }

        Unsafe.SkipInit(out HeadIndex index);
        index.Fill(buffer, 0);
        return TryReadRequestLine(buffer, ref index, head, limits, out var fields) && FieldSection.ReadWholeLines(buffer, ref index, fields, head, limits);
    }

    [SkipLocalsInit]
    private static bool TryReadWhole(ReadOnlySpan<byte> buffer, ResponseHead head, in HeadLimits limits)
    {
        if (buffer.Length < ShortestIndexed)
        {
            return false;
        }

        Unsafe.SkipInit(out HeadIndex index);
        index.Fill(buffer, 0);
        return TryReadStatusLine(buffer, ref index, head, limits.RequestLine, out var fields) && FieldSection.ReadWholeLines(buffer, ref index, fields, head, limits);
    }

    private static bool TryReadRequestLine(ReadOnlySpan<byte> buffer, ref HeadIndex index, RequestHead head, in HeadLimits limits, out int fields)
    {
        fields = 0;
        // No bounds are checked: every place lies before the line's end, which lies in the window, and the version is the last of it.
        ref var bytes = ref MemoryMarshal.GetReference(buffer);
        var methodEnd = index.NextNonToken(0);
        var lineEnd = index.NextUnprintable(0);
        var targetEnd = lineEnd - SpaceAndVersionLength;
        if (methodEnd == 0 || targetEnd <= methodEnd + 1 || targetEnd - methodEnd - 1 > limits.Target || lineEnd + 2 > Math.Min(index.End, limits.RequestLine))
        {
            return false;
        }

        var version = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, targetEnd + 1));
        if (Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref bytes, lineEnd)) != LineEnd || (version != Http11 && version != Http10)
            || Unsafe.Add(ref bytes, methodEnd) != (byte)' ' || Unsafe.Add(ref bytes, targetEnd) != (byte)' ')
        {
            return false;
        }

        var kind = methodEnd == 3 && Unsafe.ReadUnaligned<uint>(ref bytes) == Get ? HttpMethodKind.Get : MethodOf(MemoryMarshal.CreateReadOnlySpan(ref bytes, methodEnd));
        var target = new ByteRange(methodEnd + 1, targetEnd - methodEnd - 1);
        if (kind == HttpMethodKind.Other || !RequestTarget.TryReadPlain(buffer, target, out head.Parts))
        {
            return false;
        }

        head.Method = kind;
        head.MethodRange = new ByteRange(0, methodEnd);
        head.TargetRange = target;
        head.MinorVersion = version == Http11 ? 1 : 0;
        fields = lineEnd + 2;
        BeginFields(ref head.Progress, fields);
        return true;
    }

    private static bool TryReadStatusLine(ReadOnlySpan<byte> buffer, ref HeadIndex index, ResponseHead head, int limit, out int fields)
    {
        fields = 0;
        const int Code = VersionAndSpaceLength;
        const int CodeEnd = Code + 3;
        var lineEnd = index.NextUnprintable(0);
        if (lineEnd < CodeEnd || lineEnd + 2 > Math.Min(index.End, limit))
        {
            return false;
        }

        ref var bytes = ref MemoryMarshal.GetReference(buffer);
        var version = Unsafe.ReadUnaligned<ulong>(ref bytes);
        var (hundreds, tens, ones) = (buffer[Code] - '0', buffer[Code + 1] - '0', buffer[Code + 2] - '0');
        if (Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref bytes, lineEnd)) != LineEnd || (version != Http11 && version != Http10)
            || buffer[Code - 1] != (byte)' ' || (lineEnd > CodeEnd && buffer[CodeEnd] != (byte)' ')
            || (uint)(hundreds - 1) > 8 || (uint)tens > 9 || (uint)ones > 9)
        {
            return false;
        }

        var reason = Math.Min(CodeEnd + 1, lineEnd);
        head.StatusCode = (hundreds * 100) + (tens * 10) + ones;
        head.ReasonRange = new ByteRange(reason, lineEnd - reason);
        head.MinorVersion = version == Http11 ? 1 : 0;
        fields = lineEnd + 2;
        BeginFields(ref head.Progress, fields);
        return true;
    }
}
