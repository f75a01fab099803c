using System.Net;

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
