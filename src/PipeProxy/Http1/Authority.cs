using System.Net;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PipeProxy.Http1;

/// <summary>Recognises <c>uri-host [ ":" port ]</c> (RFC 9110 sections 4.2 and 7.2).</summary>
internal static class Authority
{
    /// <summary>Whether this is a host, not empty, with an optional port of at most 65535 and without user information.</summary>
    public static bool IsValid(ReadOnlySpan<byte> authority)
    {
        if (authority.IsEmpty)
        {
            return false;
        }

        int hostLength;
        if (authority[0] == (byte)'[')
        {
            hostLength = authority.IndexOf((byte)']') + 1;
            if (hostLength == 0 || !IsIpv6(authority[1..(hostLength - 1)]))
            {
                return false;
            }
        }
        else
        {
            hostLength = authority.IndexOfAnyExcept(Grammar.RegisteredName);
            hostLength = hostLength < 0 ? authority.Length : hostLength;
            if (hostLength == 0 || !HasWholeEscapes(authority[..hostLength]))
            {
                return false;
            }
        }

        return hostLength == authority.Length || (authority[hostLength] == (byte)':' && IsPort(authority[(hostLength + 1)..]));
    }

    /// <summary>The same for a part of a buffer. What nearly everybody sends, a short name or IPv4 address with a short port, takes one vector.</summary>
    public static bool IsValid(ReadOnlySpan<byte> buffer, ByteRange range)
        => (Vector128.IsHardwareAccelerated && buffer.Length >= Vector256<byte>.Count && range.Length <= Vector256<byte>.Count && IsPlain(buffer, range))
            || IsValid(range.In(buffer));

    // False: not of letters, digits, dots and hyphens with a port of at most four digits. The other way decides.
    private static bool IsPlain(ReadOnlySpan<byte> buffer, ByteRange range)
    {
        var from = Math.Min(range.Start, buffer.Length - Vector256<byte>.Count);
        var vector = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(buffer), (nuint)from);
        var digits = AtMost(vector - Vector256.Create((byte)'0'), 9);
        var letters = AtMost((vector | Vector256.Create((byte)0x20)) - Vector256.Create((byte)'a'), 'z' - 'a');
        var others = AtMost(vector - Vector256.Create((byte)'-'), '.' - '-');
        var digitBits = digits.ExtractMostSignificantBits() >> (range.Start - from);
        var hostBits = (digits | letters | others).ExtractMostSignificantBits() >> (range.Start - from);
        var hostLength = BitOperations.TrailingZeroCount(~hostBits);
        if (hostLength >= range.Length)
        {
            return range.Length > 0;
        }

        var portLength = range.Length - hostLength - 1;
        return hostLength > 0 && buffer[range.Start + hostLength] == (byte)':' && portLength <= 4
            && (portLength == 0 || BitOperations.TrailingZeroCount(~(digitBits >> (hostLength + 1))) >= portLength);
    }

    private static Vector256<byte> AtMost(Vector256<byte> vector, byte most) => Vector256.Equals(Vector256.Min(vector, Vector256.Create(most)), vector);

    // port = *DIGIT (RFC 3986 section 3.2.3): it may be empty.
    private static bool IsPort(ReadOnlySpan<byte> port)
    {
        if (port.Length > 5 || port.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var number = 0;
        foreach (var digit in port)
        {
            number = (number * 10) + (digit - '0');
        }

        return number <= 65535;
    }

    private static bool IsIpv6(ReadOnlySpan<byte> address)
        => !address.ContainsAnyExcept(Grammar.Ipv6) && address.Contains((byte)':') && IPAddress.IsValidUtf8(address);

    private static bool HasWholeEscapes(ReadOnlySpan<byte> host)
    {
        for (var i = host.IndexOf((byte)'%'); i >= 0 && i < host.Length; i++)
        {
            if (host[i] == (byte)'%' && (i + 2 >= host.Length || Grammar.HexValue(host[i + 1]) < 0 || Grammar.HexValue(host[i + 2]) < 0))
            {
                return false;
            }
        }

        return true;
    }
}
