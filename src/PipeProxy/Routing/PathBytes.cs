using System.Text;

namespace PipeProxy.Routing;

/// <summary>What two paths have in common under RFC 3986: comparison form of a segment, and dot segments in any disguise.</summary>
internal static class PathBytes
{
    /// <summary>True when a segment of <paramref name="path"/> is <c>.</c> or <c>..</c>, plain or percent-encoded, path parameters (<c>..;x</c>) disregarded.</summary>
    /// <remarks>Such a path is answered 400: what it means is decided by whoever resolves it, which is how requests get past a route.</remarks>
    internal static bool HasDotSegment(ReadOnlySpan<byte> path)
    {
        var rest = path;
        while (true)
        {
            var end = rest.IndexOf((byte)'/');
            if (IsDotSegment(end < 0 ? rest : rest[..end]))
            {
                return true;
            }

            if (end < 0)
            {
                return false;
            }

            rest = rest[(end + 1)..];
        }
    }

    /// <summary>The segment with unreserved characters plain and hex digits in upper case (RFC 3986 sections 6.2.2.1 and 6.2.2.2).</summary>
    /// <param name="segment">As sent.</param>
    /// <param name="destination">At least as long.</param>
    /// <returns>Bytes written.</returns>
    internal static int Normalise(ReadOnlySpan<byte> segment, Span<byte> destination)
    {
        var written = 0;
        for (var i = 0; i < segment.Length; i++)
        {
            if (TryTriplet(segment, i, out var octet))
            {
                if (IsUnreserved(octet))
                {
                    destination[written++] = octet;
                }
                else
                {
                    destination[written++] = (byte)'%';
                    destination[written++] = HexDigit(octet >> 4);
                    destination[written++] = HexDigit(octet & 15);
                }

                i += 2;
            }
            else
            {
                destination[written++] = segment[i];
            }
        }

        return written;
    }

    /// <summary>Literal text of a template in the form that paths are compared in.</summary>
    internal static byte[] Normalise(string literal)
    {
        var written = Encoding.ASCII.GetBytes(literal);
        var normal = new byte[written.Length];
        return normal[..Normalise(written, normal)];
    }

    /// <summary>Finds literal text at the beginning of a segment, however its unreserved characters were sent.</summary>
    /// <param name="text">As sent.</param>
    /// <param name="literal">From <see cref="Normalise(string)"/>.</param>
    /// <returns>How many bytes of <paramref name="text"/> spell it; -1 when the segment begins with something else.</returns>
    internal static int MatchStart(ReadOnlySpan<byte> text, ReadOnlySpan<byte> literal)
    {
        Span<byte> normal = stackalloc byte[3];
        var at = 0;
        while (!literal.IsEmpty)
        {
            if (at == text.Length)
            {
                return -1;
            }

            var length = TryTriplet(text, at, out _) ? 3 : 1;
            var written = Normalise(text.Slice(at, length), normal);
            if (!literal.StartsWith(normal[..written]))
            {
                return -1;
            }

            at += length;
            literal = literal[written..];
        }

        return at;
    }

    /// <summary>As <see cref="MatchStart"/>, at the end. Triplets cannot overlap, so that reading backwards finds the same ones.</summary>
    internal static int MatchEnd(ReadOnlySpan<byte> text, ReadOnlySpan<byte> literal)
    {
        Span<byte> normal = stackalloc byte[3];
        var end = text.Length;
        while (!literal.IsEmpty)
        {
            if (end == 0)
            {
                return -1;
            }

            var length = end >= 3 && TryTriplet(text[..end], end - 3, out _) ? 3 : 1;
            var written = Normalise(text.Slice(end - length, length), normal);
            if (!literal.EndsWith(normal[..written]))
            {
                return -1;
            }

            end -= length;
            literal = literal[..^written];
        }

        return text.Length - end;
    }

    /// <summary>Reads the percent-encoded octet that begins at <paramref name="at"/>.</summary>
    internal static bool TryTriplet(ReadOnlySpan<byte> text, int at, out byte octet)
    {
        octet = 0;
        if (text[at] != '%' || at + 2 >= text.Length || !char.IsAsciiHexDigit((char)text[at + 1]) || !char.IsAsciiHexDigit((char)text[at + 2]))
        {
            return false;
        }

        octet = (byte)((HexValue(text[at + 1]) << 4) | HexValue(text[at + 2]));
        return true;
    }

    internal static byte HexDigit(int nibble) => "0123456789ABCDEF"u8[nibble];

    private static bool IsDotSegment(ReadOnlySpan<byte> segment)
    {
        // Nearly every segment ends here.
        if (segment.IsEmpty || segment[0] is not ((byte)'.' or (byte)'%'))
        {
            return false;
        }

        var dots = 0;
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] == ';')
            {
                break;
            }

            if (segment[i] != '.')
            {
                if (!TryTriplet(segment, i, out var octet) || octet != '.')
                {
                    return false;
                }

                i += 2;
            }

            dots++;
        }

        return dots is 1 or 2;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static bool IsUnreserved(byte octet) => char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~';
}
