using System.Buffers;
using System.Buffers.Text;

namespace PipeProxy.LoadTest.Http;

/// <summary>How an answer's body ends.</summary>
internal enum BodyKind : byte
{
    None,
    Length,
    Chunked,
    UntilClose,
}

/// <summary>What a load generator needs of an answer's head.</summary>
/// <param name="Status">100 to 999.</param>
/// <param name="Body">How the body ends.</param>
/// <param name="Length">Bytes of the body when <paramref name="Body"/> is <see cref="BodyKind.Length"/>.</param>
/// <param name="KeepAlive">Whether the connection may serve another request.</param>
internal readonly record struct ResponseHead(int Status, BodyKind Body, long Length, bool KeepAlive)
{
    // token = 1*tchar: RFC 9110 section 5.6.2
    private static readonly SearchValues<byte> Token = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    // What no field value may hold: RFC 9110 section 5.5.
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create("\0\r\n"u8);

    private const int StatusLineBytes = 12; // HTTP/1.1 200

    /// <summary>Parses a whole head.</summary>
    /// <param name="bytes">From the status line to the empty line, both included.</param>
    /// <param name="toHead">Whether it answers HEAD.</param>
    /// <param name="head">What it says.</param>
    /// <returns>Null, or what is wrong with it.</returns>
    internal static string? Parse(ReadOnlySpan<byte> bytes, bool toHead, out ResponseHead head)
    {
        head = default;

        // status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF: RFC 9112 section 4
        var end = bytes.IndexOf("\r\n"u8);
        if (end < StatusLineBytes || !bytes.StartsWith("HTTP/1."u8) || bytes[7] is not ((byte)'0' or (byte)'1') || bytes[8] != ' ' || (end > StatusLineBytes && bytes[StatusLineBytes] != ' ') || bytes[..end].ContainsAny(Forbidden))
        {
            return "no status line of HTTP/1.x";
        }

        if (!Utf8Parser.TryParse(bytes[9..12], out int status, out var digits) || digits != 3 || status < 100)
        {
            return "the status is not three digits";
        }

        var isHttp10 = bytes[7] == '0';
        var fields = new Fields();
        if (ReadFields(bytes[(end + 2)..], ref fields) is { } wrong)
        {
            return wrong;
        }

        if (fields.Chunked && (isHttp10 || fields.Length >= 0))
        {
            // RFC 9112 section 6.1 and section 6.3, rule 3: ambiguous, so it is refused.
            return isHttp10 ? "Transfer-Encoding in HTTP/1.0" : "both Transfer-Encoding and Content-Length";
        }

        // RFC 9112 section 6.3, rules 1, 4, 6 and 8.
        var body = toHead || status is < 200 or 204 or 304 ? BodyKind.None
            : fields.Chunked ? BodyKind.Chunked
            : fields.Length > 0 ? BodyKind.Length
            : fields.Length == 0 ? BodyKind.None
            : BodyKind.UntilClose;

        // RFC 9112 section 9.3.
        var keepAlive = body != BodyKind.UntilClose && !fields.Close && (!isHttp10 || fields.KeepAlive);
        head = new ResponseHead(status, body, body == BodyKind.Length ? fields.Length : 0, keepAlive);
        return null;
    }

    private static string? ReadFields(ReadOnlySpan<byte> lines, ref Fields fields)
    {
        while (true)
        {
            var end = lines.IndexOf((byte)'\n');
            if (end < 1 || lines[end - 1] != '\r')
            {
                return "a line does not end with CR LF";
            }

            if (end == 1)
            {
                return null;
            }

            // field-line = field-name ":" OWS field-value OWS: RFC 9112 section 5
            var line = lines[..(end - 1)];
            lines = lines[(end + 1)..];
            var colon = line.IndexOf((byte)':');
            if (colon < 1 || line[..colon].ContainsAnyExcept(Token))
            {
                return "a field line without a proper name";
            }

            var value = line[(colon + 1)..];
            if (value.ContainsAny(Forbidden))
            {
                return "a field value with CR or NUL";
            }

            if (fields.Take(line[..colon], value) is { } wrong)
            {
                return wrong;
            }
        }
    }

    private struct Fields()
    {
        internal long Length = -1;
        internal bool Chunked;
        internal bool Close;
        internal bool KeepAlive;

        internal string? Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            // The length decides first: of a dozen fields three are of interest.
            switch (name.Length)
            {
                case 14 when Ascii(name, "content-length"u8):
                    value = value.Trim(" \t"u8);
                    if (!Utf8Parser.TryParse(value, out long length, out var digits) || digits != value.Length || value[0] is not (>= (byte)'0' and <= (byte)'9'))
                    {
                        return "a Content-Length that is no number";
                    }

                    if (Length >= 0 && Length != length)
                    {
                        return "two different Content-Length fields";
                    }

                    Length = length;
                    return null;

                case 17 when Ascii(name, "transfer-encoding"u8):
                    if (Chunked || !Ascii(value.Trim(" \t"u8), "chunked"u8))
                    {
                        return "a Transfer-Encoding other than chunked";
                    }

                    Chunked = true;
                    return null;

                case 10 when Ascii(name, "connection"u8):
                    foreach (var range in value.Split((byte)','))
                    {
                        var option = value[range].Trim(" \t"u8);
                        Close |= Ascii(option, "close"u8);
                        KeepAlive |= Ascii(option, "keep-alive"u8);
                    }

                    return null;

                default:
                    return null;
            }
        }

        private static bool Ascii(ReadOnlySpan<byte> value, ReadOnlySpan<byte> lower) => System.Text.Ascii.EqualsIgnoreCase(value, lower);
    }
}
