using System.Text;

namespace PipeProxy.Http1;

/// <summary>Recognises <see cref="KnownField"/> by length and first letter, then one vectorised comparison.</summary>
internal static class KnownFields
{
    /// <summary>The field of this name, a token (RFC 9110 section 5.1); case does not count.</summary>
    public static KnownField Recognize(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return KnownField.Other;
        }

        var letter = name[0] | 0x20;
        var known = ((name.Length << 8) | letter) switch
        {
            (2 << 8) | 't' => Match(name, "te"u8, KnownField.Te),
            (3 << 8) | 'v' => Match(name, "via"u8, KnownField.Via),
            (4 << 8) | 'd' => Match(name, "date"u8, KnownField.Date),
            (4 << 8) | 'h' => Match(name, "host"u8, KnownField.Host),
            (6 << 8) | 'e' => Match(name, "expect"u8, KnownField.Expect),
            (6 << 8) | 'o' => Match(name, "origin"u8, KnownField.Origin),
            (7 << 8) | 't' => Match(name, "trailer"u8, KnownField.Trailer),
            (7 << 8) | 'u' => Match(name, "upgrade"u8, KnownField.Upgrade),
            (9 << 8) | 'f' => Match(name, "forwarded"u8, KnownField.Forwarded),
            (10 << 8) | 'c' => Match(name, "connection"u8, KnownField.Connection),
            (10 << 8) | 'k' => Match(name, "keep-alive"u8, KnownField.KeepAlive),
            (12 << 8) | 'm' => Match(name, "max-forwards"u8, KnownField.MaxForwards),
            (12 << 8) | 'p' => Match(name, "proxy-status"u8, KnownField.ProxyStatus),
            (12 << 8) | 'x' => Match(name, "x-request-id"u8, KnownField.XRequestId),
            (14 << 8) | 'c' => Match(name, "content-length"u8, KnownField.ContentLength),
            (14 << 8) | 'h' => Match(name, "http2-settings"u8, KnownField.Http2Settings),
            (15 << 8) | 'x' => Match(name, "x-forwarded-for"u8, KnownField.XForwardedFor),
            (16 << 8) | 'p' => Match(name, "proxy-connection"u8, KnownField.ProxyConnection),
            (16 << 8) | 'x' => Match(name, "x-forwarded-host"u8, KnownField.XForwardedHost),
            (17 << 8) | 't' => Match(name, "transfer-encoding"u8, KnownField.TransferEncoding),
            (17 << 8) | 'x' => Match(name, "x-forwarded-proto"u8, KnownField.XForwardedProto),
            (18 << 8) | 'p' => Match(name, "proxy-authenticate"u8, KnownField.ProxyAuthenticate),
            (19 << 8) | 'p' => Match(name, "proxy-authorization"u8, KnownField.ProxyAuthorization),
            (25 << 8) | 'p' => Match(name, "proxy-authentication-info"u8, KnownField.ProxyAuthenticationInfo),
            _ => KnownField.Other,
        };
        return known != KnownField.Other || name.Length < 11 ? known : RecognizeFamily(name, letter);
    }

    // Families by prefix, and look-alikes: the few first letters that can begin one.
    private static KnownField RecognizeFamily(ReadOnlySpan<byte> name, int letter) => letter switch
    {
        'a' => StartsWith(name, "access-control-"u8) ? KnownField.AccessControl : KnownField.Other,
        'c' when IsFamily(name, "client-cert"u8) => KnownField.ClientCert,
        'c' or 't' => IsFramingLookalike(name) ? KnownField.FramingLookalike : KnownField.Other,
        'x' when IsFamily(name, "x-amzn-mtls"u8) => KnownField.XAmznMtls,
        'x' => StartsWith(name, "x-forwarded-"u8) && name.Contains((byte)'_') ? KnownField.ForwardedLookalike : KnownField.Other,
        >= 'a' and <= 'z' => KnownField.Other,
        _ => IsFramingLookalike(name) ? KnownField.FramingLookalike : KnownField.Other,
    };

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

    private static KnownField Match(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lowerCase, KnownField known)
        => Ascii.EqualsIgnoreCase(name, lowerCase) ? known : KnownField.Other;
}
