using System.Text;

namespace PipeProxy.Http1;

/// <summary>How a message's body ends (RFC 9112 section 6.3).</summary>
internal enum FramingKind : byte
{
    /// <summary>There is no body.</summary>
    None,

    /// <summary>The body has <see cref="MessageFraming.Length"/> bytes, perhaps 0.</summary>
    Length,

    /// <summary>The body is in the chunked coding.</summary>
    Chunked,

    /// <summary>The body ends with the connection. Responses only.</summary>
    UntilClose,

    /// <summary>After 101 the bytes are another protocol's.</summary>
    Tunnel,

    /// <summary>The framing is invalid or could be read in two ways.</summary>
    Rejected,
}

/// <summary>One decision per message about its body.</summary>
/// <param name="Kind">How the body ends.</param>
/// <param name="Length">The Content-Length, also of a response to HEAD or a 304, whose body it only describes; -1 without one.</param>
/// <param name="Rejection">The broken rule when rejected.</param>
internal readonly record struct MessageFraming(FramingKind Kind, long Length, Http1Rejection Rejection)
{
    public bool HasBody => Kind is FramingKind.Chunked or FramingKind.UntilClose || (Kind == FramingKind.Length && Length > 0);

    /// <summary>Framing of a parsed and attached request. Where two readings are possible, the request is refused.</summary>
    public static MessageFraming OfRequest(RequestHead head)
    {
        // Rules 3 and 4: a transfer coding decides, alone and in HTTP/1.1 only, and chunked is the last.
        if (head.Fields.Contains(KnownField.TransferEncoding))
        {
            return OfCoding(head);
        }

        // Rule 5: one valid Content-Length.
        if (head.Fields.Contains(KnownField.ContentLength))
        {
            var rejection = ReadLength(head.Fields, out var length);
            return rejection == Http1Rejection.None ? new(FramingKind.Length, length, rejection) : Reject(rejection);
        }

        // Rule 7: nothing.
        return new(FramingKind.None, -1, Http1Rejection.None);
    }

    /// <summary>Framing of a parsed and attached response to a request with this method.</summary>
    public static MessageFraming OfResponse(ResponseHead head, HttpMethodKind requestMethod)
    {
        var coded = head.Fields.Contains(KnownField.TransferEncoding);
        long length = -1;
        if (coded)
        {
            var coding = OfCoding(head);
            if (coding.Kind == FramingKind.Rejected)
            {
                return coding;
            }
        }
        else if (head.Fields.Contains(KnownField.ContentLength))
        {
            var rejection = ReadLength(head.Fields, out length);
            if (rejection != Http1Rejection.None)
            {
                return Reject(rejection);
            }
        }

        // Rule 1: these have no body whatever their fields say. Only HEAD and 304 describe one (RFC 9110 section 8.6).
        if (head.StatusCode == 101)
        {
            return new(FramingKind.Tunnel, -1, Http1Rejection.None);
        }

        if (head.StatusCode is < 200 or 204)
        {
            return new(FramingKind.None, -1, Http1Rejection.None);
        }

        if (requestMethod == HttpMethodKind.Head || head.StatusCode == 304)
        {
            return new(FramingKind.None, length, Http1Rejection.None);
        }

        // Rule 2 is about CONNECT, which is not served. Rules 4, 6 and 8.
        return coded ? new(FramingKind.Chunked, -1, Http1Rejection.None)
            : length >= 0 ? new(FramingKind.Length, length, Http1Rejection.None)
            : new(FramingKind.UntilClose, -1, Http1Rejection.None);
    }

    private static MessageFraming OfCoding(MessageHead head)
    {
        if (head.MinorVersion == 0)
        {
            return Reject(Http1Rejection.TransferEncodingInHttp10);
        }

        if (head.Fields.Contains(KnownField.ContentLength))
        {
            return Reject(Http1Rejection.TransferEncodingWithContentLength);
        }

        var rejection = ReadCodings(head.Fields);
        return rejection == Http1Rejection.None ? new(FramingKind.Chunked, -1, rejection) : Reject(rejection);
    }

    // Transfer-Encoding = #transfer-coding; several lines are one list (RFC 9110 section 5.3).
    private static Http1Rejection ReadCodings(FieldTable fields)
    {
        var chunked = 0;
        var others = 0;
        var lastIsChunked = false;
        for (var i = fields.IndexOf(KnownField.TransferEncoding); i >= 0; i = fields.IndexOf(KnownField.TransferEncoding, i + 1))
        {
            foreach (var element in new ListElements(fields.ValueOf(i)))
            {
                var semicolon = element.IndexOf((byte)';');
                var name = (semicolon < 0 ? element : element[..semicolon]).TrimEnd(" \t"u8);
                lastIsChunked = Ascii.EqualsIgnoreCase(name, "chunked"u8);
                if (!Grammar.IsToken(name) || (lastIsChunked && semicolon >= 0))
                {
                    return Http1Rejection.TransferEncodingMalformed;
                }

                _ = lastIsChunked ? chunked++ : others++;
            }
        }

        return chunked > 1 ? Http1Rejection.ChunkedRepeated
            : !lastIsChunked ? Http1Rejection.ChunkedNotLast
            : others > 0 ? Http1Rejection.CodingNotServed
            : Http1Rejection.None;
    }

    // Content-Length = 1*DIGIT, once: equal duplicates and lists are refused too.
    private static Http1Rejection ReadLength(FieldTable fields, out long length)
    {
        length = -1;
        var index = fields.IndexOf(KnownField.ContentLength);
        if (fields.IndexOf(KnownField.ContentLength, index + 1) >= 0)
        {
            return Http1Rejection.ContentLengthRepeated;
        }

        var value = fields.ValueOf(index);
        if (value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return Http1Rejection.ContentLengthMalformed;
        }

        long sum = 0;
        foreach (var b in value)
        {
            var digit = b - '0';
            if (sum > (long.MaxValue - digit) / 10)
            {
                return Http1Rejection.ContentLengthOverflow;
            }

            sum = (sum * 10) + digit;
        }

        length = sum;
        return Http1Rejection.None;
    }

    private static MessageFraming Reject(Http1Rejection rejection) => new(FramingKind.Rejected, -1, rejection);
}
