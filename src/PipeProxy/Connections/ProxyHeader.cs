using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using System.Text;

namespace PipeProxy.Connections;

/// <summary>How far a PROXY protocol header has been read.</summary>
internal enum ProxyHeaderStatus : byte
{
    /// <summary>More bytes are needed.</summary>
    NeedMore,

    /// <summary>The whole header is there.</summary>
    Done,

    /// <summary>This is no header.</summary>
    Malformed,
}

/// <summary>Reads the header of the PROXY protocol (haproxy.org, proxy-protocol.txt), versions 1 and 2. No I/O.</summary>
/// <remarks>
/// <code>
/// v1 = "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP port SP port CRLF / "PROXY UNKNOWN" *any CRLF     at most 107 bytes
/// v2 = signature[12] version-command[1] family-protocol[1] length[2] addresses TLV*
/// </code>
/// </remarks>
internal static class ProxyHeader
{
    /// <summary>A longer header is refused. Addresses and what load balancers add are some hundred bytes.</summary>
    internal const int MaxBytes = 4096;

    private const int MaxV1Bytes = 107;
    private const int FixedV2Bytes = 16;
    private const byte Crc32CType = 3;

    // "PROXY UNKNOWN" CRLF: no header of either version is shorter.
    private const int ShortestBytes = 15;

    private static ReadOnlySpan<byte> SignatureV2 => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> SignatureV1 => "PROXY "u8;

    /// <summary>Judges what has been read so far.</summary>
    /// <param name="bytes">From the connection's first byte on; never more than was asked for.</param>
    /// <param name="missing">With <see cref="ProxyHeaderStatus.NeedMore"/>: this many bytes may be read without reading past the header.</param>
    /// <param name="source">With <see cref="ProxyHeaderStatus.Done"/>: the client; null when the header names none, and the connection's own address stands.</param>
    internal static ProxyHeaderStatus Read(ReadOnlySpan<byte> bytes, out int missing, out IPEndPoint? source)
    {
        source = null;
        missing = ShortestBytes - bytes.Length;
        var signature = bytes.IsEmpty || bytes[0] == SignatureV1[0] ? SignatureV1 : SignatureV2;
        if (!bytes[..Math.Min(bytes.Length, signature.Length)].SequenceEqual(signature[..Math.Min(bytes.Length, signature.Length)]))
        {
            return ProxyHeaderStatus.Malformed;
        }

        return missing > 0 ? ProxyHeaderStatus.NeedMore
            : signature.Length == SignatureV1.Length ? ReadV1(bytes, out missing, out source)
            : ReadV2(bytes, out missing, out source);
    }

    private static ProxyHeaderStatus ReadV1(ReadOnlySpan<byte> bytes, out int missing, out IPEndPoint? source)
    {
        source = null;
        missing = bytes[^1] == '\r' ? 1 : 2;
        if (!bytes.EndsWith("\r\n"u8))
        {
            return bytes.Length + missing > MaxV1Bytes || bytes.Contains((byte)'\n') ? ProxyHeaderStatus.Malformed : ProxyHeaderStatus.NeedMore;
        }

        // Once per connection, so it may be taken apart as strings.
        var parts = Encoding.ASCII.GetString(bytes[SignatureV1.Length..^2]).Split(' ');
        if (parts[0] == "UNKNOWN")
        {
            return ProxyHeaderStatus.Done;
        }

        AddressFamily? family = parts[0] switch
        {
            "TCP4" => AddressFamily.InterNetwork,
            "TCP6" => AddressFamily.InterNetworkV6,
            _ => null,
        };
        if (family is null || parts.Length != 5 || !TryAddress(parts[1], family, out var address) || !TryAddress(parts[2], family, out _)
            || !TryPort(parts[3], out var port) || !TryPort(parts[4], out _))
        {
            return ProxyHeaderStatus.Malformed;
        }

        source = new IPEndPoint(address!, port);
        return ProxyHeaderStatus.Done;
    }

    // Short forms of IPv4 and zones of IPv6 parse too; the protocol has neither.
    private static bool TryAddress(string text, AddressFamily? family, out IPAddress? address)
    {
        address = null;
        return !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) && (family != AddressFamily.InterNetwork || text.AsSpan().Count('.') == 3)
            && IPAddress.TryParse(text, out address) && address.AddressFamily == family;
    }

    private static bool TryPort(string text, out ushort port)
        => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && (text.Length == 1 || text[0] != '0');

    private static ProxyHeaderStatus ReadV2(ReadOnlySpan<byte> bytes, out int missing, out IPEndPoint? source)
    {
        source = null;
        missing = FixedV2Bytes - bytes.Length;
        if (missing > 0)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        var length = FixedV2Bytes + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        var (version, command) = (bytes[12] >> 4, bytes[12] & 0xF);
        if (version != 2 || command > 1 || length > MaxBytes)
        {
            return ProxyHeaderStatus.Malformed;
        }

        missing = length - bytes.Length;
        if (missing > 0)
        {
            return ProxyHeaderStatus.NeedMore;
        }

        // Family and protocol: unspecified, or a stream of IPv4, IPv6 or Unix sockets. Datagrams do not come over TCP.
        var addresses = bytes[FixedV2Bytes..];
        int? addressBytes = bytes[13] switch
        {
            0x00 => 0,
            0x11 => 12,
            0x21 => 36,
            0x31 => 216,
            _ => command == 0 ? 0 : null,
        };
        if (addressBytes is not { } taken || taken > addresses.Length || (bytes[13] is 0x11 or 0x21 or 0x31 && !IsTlvList(bytes, FixedV2Bytes + taken)))
        {
            return ProxyHeaderStatus.Malformed;
        }

        // LOCAL is the load balancer's own connection, a health check for one.
        if (command == 1)
        {
            source = bytes[13] switch
            {
                0x11 => new IPEndPoint(new IPAddress(addresses[..4]), BinaryPrimitives.ReadUInt16BigEndian(addresses[8..])),
                0x21 => new IPEndPoint(new IPAddress(addresses[..16]), BinaryPrimitives.ReadUInt16BigEndian(addresses[32..])),
                _ => null,
            };
        }

        return ProxyHeaderStatus.Done;
    }

    // type[1] length[2] value, one after the other to the header's end. A checksum that is there must be right (section 2.2.3).
    private static bool IsTlvList(ReadOnlySpan<byte> header, int at)
    {
        while (at < header.Length)
        {
            if (header.Length - at < 3)
            {
                return false;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(header[(at + 1)..]);
            var value = at + 3;
            if (length > header.Length - value || (header[at] == Crc32CType && !(length == 4 && IsChecksum(header, value))))
            {
                return false;
            }

            at = value + length;
        }

        return true;
    }

    // Over the whole header with the checksum's own bytes as zero.
    private static bool IsChecksum(ReadOnlySpan<byte> header, int at)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < header.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i >= at && i < at + 4 ? (byte)0 : header[i]);
        }

        return ~crc == BinaryPrimitives.ReadUInt32BigEndian(header[at..]);
    }
}
