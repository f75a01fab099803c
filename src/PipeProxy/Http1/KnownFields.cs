using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Http1;

/// <summary>Recognises <see cref="KnownField"/>: length and first letter leave one candidate, which is compared eight bytes at a time.</summary>
internal static class KnownFields
{
    // Names longer than this are no candidate's. A power of two, so that letter and length make an index.
    private const int Room = 32;

    // The shortest name of a family, and of a look-alike.
    private const int ShortestFamily = 11;

    private const ulong LowerCase8 = 0x2020202020202020;
    private const uint LowerCase4 = 0x20202020;

    // By lower five bits of the first letter, then by length: 0 for none.
    private static readonly byte[] Candidates = new byte[Room * Room];

    // The candidates' names in lower case, each with room for 32.
    private static readonly byte[] Names = new byte[Room * Enum.GetValues<KnownField>().Length];

    static KnownFields()
    {
        Add("te"u8, KnownField.Te);
        Add("via"u8, KnownField.Via);
        Add("date"u8, KnownField.Date);
        Add("host"u8, KnownField.Host);
        Add("expect"u8, KnownField.Expect);
        Add("origin"u8, KnownField.Origin);
        Add("trailer"u8, KnownField.Trailer);
        Add("upgrade"u8, KnownField.Upgrade);
        Add("forwarded"u8, KnownField.Forwarded);
        Add("connection"u8, KnownField.Connection);
        Add("keep-alive"u8, KnownField.KeepAlive);
        Add("max-forwards"u8, KnownField.MaxForwards);
        Add("proxy-status"u8, KnownField.ProxyStatus);
        Add("x-request-id"u8, KnownField.XRequestId);
        Add("content-length"u8, KnownField.ContentLength);
        Add("http2-settings"u8, KnownField.Http2Settings);
        Add("x-forwarded-for"u8, KnownField.XForwardedFor);
        Add("proxy-connection"u8, KnownField.ProxyConnection);
        Add("x-forwarded-host"u8, KnownField.XForwardedHost);
        Add("transfer-encoding"u8, KnownField.TransferEncoding);
        Add("x-forwarded-proto"u8, KnownField.XForwardedProto);
        Add("proxy-authenticate"u8, KnownField.ProxyAuthenticate);
        Add("proxy-authorization"u8, KnownField.ProxyAuthorization);
        Add("proxy-authentication-info"u8, KnownField.ProxyAuthenticationInfo);
    }

    /// <summary>The field of this name, a token (RFC 9110 section 5.1); case does not count.</summary>
    public static KnownField Recognize(ReadOnlySpan<byte> name)
        => name.IsEmpty ? KnownField.Other : Recognize(ref MemoryMarshal.GetReference(name), name.Length);

    /// <summary>The same for a name of one byte or more at a place in the buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static KnownField Recognize(ref byte name, int length)
    {
        if (length < Room)
        {
            var candidate = Candidates[((name & (Room - 1)) * Room) | length];
            if (candidate != 0 && IsSame(ref name, length, ref Names[candidate * Room]))
            {
                return (KnownField)candidate;
            }
        }

        return length < ShortestFamily || !MayBeginFamily(name) ? KnownField.Other : RecognizeFamily(ref name, length);
    }

    // The first letters of families and look-alikes; and a look-alike may begin with what is no letter.
    private static bool MayBeginFamily(byte first)
    {
        const uint Letters = (1u << ('a' - 'a')) | (1u << ('c' - 'a')) | (1u << ('t' - 'a')) | (1u << ('x' - 'a'));
        var letter = (uint)((first | 0x20) - 'a');
        return letter > 'z' - 'a' || ((Letters >> (int)letter) & 1) != 0;
    }

    // No token has two bytes that differ only in 0x20 but letters, '^' and '~', and '_' and DEL, which no known name holds: so setting
    // that bit makes lower case of what could match.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame(ref byte name, int length, ref byte lowerCase)
    {
        if (length >= sizeof(ulong))
        {
            var last = length - sizeof(ulong);
            var difference = (Read8(ref name, last) | LowerCase8) ^ Read8(ref lowerCase, last);
            for (var at = 0; at < last; at += sizeof(ulong))
            {
                difference |= (Read8(ref name, at) | LowerCase8) ^ Read8(ref lowerCase, at);
            }

            return difference == 0;
        }

        if (length >= sizeof(uint))
        {
            var last = length - sizeof(uint);
            return (((Read4(ref name, 0) | LowerCase4) ^ Read4(ref lowerCase, 0)) | ((Read4(ref name, last) | LowerCase4) ^ Read4(ref lowerCase, last))) == 0;
        }

        return IsSameShort(ref name, length, ref lowerCase);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsSameShort(ref byte name, int length, ref byte lowerCase)
        => StartsWith(MemoryMarshal.CreateReadOnlySpan(ref name, length), MemoryMarshal.CreateReadOnlySpan(ref lowerCase, length));

    // Families by prefix, and look-alikes. Four bytes of the name rule most of the others out.
    private static KnownField RecognizeFamily(ref byte first, int length)
    {
        var letter = first | 0x20;
        var name = MemoryMarshal.CreateReadOnlySpan(ref first, length);
        switch (letter)
        {
            case 'a':
                return (Read4(ref first, 2) | LowerCase4) == Word("cess"u8) && StartsWith(name, "access-control-"u8)
                    ? KnownField.AccessControl : KnownField.Other;
            case 'c' when (Read4(ref first, 0) | LowerCase4) == Word("clie"u8):
                return IsFamily(name, "client-cert"u8) ? KnownField.ClientCert : KnownField.Other;
            case 'x' when (Read4(ref first, 2) | LowerCase4) == Word("amzn"u8):
                return IsFamily(name, "x-amzn-mtls"u8) ? KnownField.XAmznMtls : KnownField.Other;
            case 'x' when (Read4(ref first, 2) | LowerCase4) == Word("forw"u8):
                return StartsWith(name, "x-forwarded-"u8) && name.Contains((byte)'_') ? KnownField.ForwardedLookalike : KnownField.Other;
            case 'c' or 't' or < 'a' or > 'z':
                // The last letter of Content-Length or Transfer-Encoding, or a separator behind it.
                var last = name[^1] | 0x20;
                return (last is 'h' or 'g' || !char.IsAsciiLetterOrDigit((char)last)) && IsFramingLookalike(name)
                    ? KnownField.FramingLookalike : KnownField.Other;
            default:
                return KnownField.Other;
        }
    }

    // Letters and digits of the name, without what stands between them, against the same of the two framing fields.
    private static bool IsFramingLookalike(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> wanted = default;
        var matched = 0;
        foreach (var b in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)b))
            {
                continue;
            }

            var letter = (byte)(b | 0x20);
            if (matched == 0)
            {
                wanted = letter == 't' ? "transferencoding"u8 : "contentlength"u8;
            }

            if (matched == wanted.Length || letter != wanted[matched])
            {
                return false;
            }

            matched++;
        }

        return matched > 0 && matched == wanted.Length;
    }

    private static bool IsFamily(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix)
        => StartsWith(name, prefix) && (name.Length == prefix.Length || name[prefix.Length] is (byte)'-' or (byte)'_');

    // An underscore counts as a hyphen: CGI-style origins cannot tell them apart.
    private static bool StartsWith(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix)
    {
        if (name.Length < prefix.Length)
        {
            return false;
        }

        for (var i = 0; i < prefix.Length; i++)
        {
            var b = name[i] == (byte)'_' ? (byte)'-' : (byte)(name[i] | 0x20);
            if (b != prefix[i])
            {
                return false;
            }
        }

        return true;
    }

    private static ulong Read8(ref byte bytes, int at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, at));

    private static uint Read4(ref byte bytes, int at) => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref bytes, at));

    private static uint Word(ReadOnlySpan<byte> text) => MemoryMarshal.Read<uint>(text);

    private static void Add(ReadOnlySpan<byte> name, KnownField field)
    {
        var index = ((name[0] & (Room - 1)) * Room) | name.Length;
        Debug.Assert(Candidates[index] == 0, "First letter and length name one field.");
        Candidates[index] = (byte)field;
        name.CopyTo(Names.AsSpan((int)field * Room));
    }
}
