using System.Buffers.Binary;
using System.Globalization;

namespace PipeProxy.Routing;

/// <summary>A host that is an IPv6 address in brackets: one address has many spellings (RFC 4291 section 2.2), so its bytes are compared.</summary>
internal static class Ipv6Host
{
    /// <summary>A bracket, which no name begins with, and the address.</summary>
    internal const int KeyLength = 1 + AddressLength;

    private const int AddressLength = 16;

    /// <summary>Whether a host is one, right or wrong.</summary>
    internal static bool IsOne(ReadOnlySpan<byte> host) => host is [(byte)'[', ..];

    /// <summary>Reads <c>[address]</c>; no zone (RFC 9110 section 4.2 knows none).</summary>
    /// <param name="host">Without a port.</param>
    /// <param name="key">Takes what such hosts are compared by; anything when false is returned.</param>
    internal static bool TryKey(ReadOnlySpan<byte> host, Span<byte> key)
    {
        key[0] = (byte)'[';
        return host is [(byte)'[', .., (byte)']'] && TryRead(host[1..^1], key.Slice(1, AddressLength));
    }

    // RFC 3986 section 3.2.2: eight groups; "::" stands for one or more that are 0, once; the last two may be an IPv4 address.
    private static bool TryRead(ReadOnlySpan<byte> text, Span<byte> address)
    {
        var (length, gap) = (0, -1);
        if (text.StartsWith("::"u8))
        {
            gap = 0;
            text = text[2..];
        }

        while (!text.IsEmpty)
        {
            var colon = text.IndexOf((byte)':');
            if (colon < 0 && text.Contains((byte)'.'))
            {
                if (length > AddressLength - 4 || !TryReadIpv4(text, address[length..]))
                {
                    return false;
                }

                length += 4;
                break;
            }

            var group = colon < 0 ? text : text[..colon];
            if (length == AddressLength || group.Length > 4 || !ushort.TryParse(group, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt16BigEndian(address[length..], value);
            length += 2;
            if (colon < 0)
            {
                break;
            }

            text = text[(colon + 1)..];
            if (text is [(byte)':', ..] && gap < 0)
            {
                gap = length;
                text = text[1..];
            }
            else if (text.IsEmpty)
            {
                return false;
            }
        }

        if (gap < 0 || length == AddressLength)
        {
            return gap < 0 && length == AddressLength;
        }

        // What stands behind the gap belongs at the end.
        var behind = length - gap;
        address[gap..length].CopyTo(address[^behind..]);
        address[gap..^behind].Clear();
        return true;
    }

    private static bool TryReadIpv4(ReadOnlySpan<byte> text, Span<byte> address)
    {
        var count = 0;
        foreach (var part in text.Split((byte)'.'))
        {
            // Zeros in front are not in the grammar, but the parser of the head lets them through.
            if (count == 4 || !byte.TryParse(text[part], NumberStyles.None, CultureInfo.InvariantCulture, out address[count++]))
            {
                return false;
            }
        }

        return count == 4;
    }
}
