namespace PipeProxy.Http1;

/// <summary>Rejections in words and classes.</summary>
internal static class Http1Rejections
{
    /// <summary>The class, which decides the status of the answer.</summary>
    public static RejectionClass ClassOf(Http1Rejection rejection) => rejection switch
    {
        Http1Rejection.None => RejectionClass.None,
        Http1Rejection.RequestLineTooLong or Http1Rejection.TargetTooLong => RejectionClass.RequestLineTooLong,
        Http1Rejection.FieldTooLong or Http1Rejection.FieldsTooLarge or Http1Rejection.TooManyFields
            or Http1Rejection.TrailersTooLarge => RejectionClass.FieldsTooLarge,
        Http1Rejection.MethodNotServed => RejectionClass.MethodNotServed,
        Http1Rejection.CodingNotServed => RejectionClass.CodingNotServed,
        Http1Rejection.Http2Preface or Http1Rejection.VersionNotServed => RejectionClass.VersionNotServed,
        _ => RejectionClass.Malformed,
    };

    /// <summary>The status that answers a request of this class; 0 for none.</summary>
    public static int StatusOf(RejectionClass rejectionClass) => rejectionClass switch
    {
        RejectionClass.Malformed => 400,
        RejectionClass.RequestLineTooLong => 414,
        RejectionClass.FieldsTooLarge => 431,
        RejectionClass.MethodNotServed => 405,
        RejectionClass.CodingNotServed => 501,
        RejectionClass.VersionNotServed => 505,
        _ => 0,
    };

    /// <summary>One sentence for people, with the section of the standard. It quotes nothing of the message.</summary>
    public static string Describe(Http1Rejection rejection) => rejection switch
    {
        Http1Rejection.None => "The message was not refused.",
        Http1Rejection.RequestLineTooLong => "The start line is longer than the limit 'requestLine' (RFC 9112 section 3).",
        Http1Rejection.TargetTooLong => "The request target is longer than the limit 'uri' (RFC 9110 section 4.1).",
        Http1Rejection.FieldTooLong => "A field line is longer than the limit 'field' (RFC 9110 section 5.4).",
        Http1Rejection.FieldsTooLarge => "The field lines together are larger than the limit 'fields' (RFC 9110 section 5.4).",
        Http1Rejection.TooManyFields => "There are more field lines than the limit 'fieldCount' (RFC 9110 section 5.4).",
        Http1Rejection.MethodNotServed => "CONNECT and TRACE are not served (RFC 9110 sections 9.3.6 and 9.3.8).",
        Http1Rejection.Http2Preface => "The connection opens with the HTTP/2 preface, and this listener speaks HTTP/1.1 (RFC 9113 section 3.4).",
        Http1Rejection.VersionNotServed => "Only HTTP/1.1 and HTTP/1.0 are served (RFC 9112 section 2.3).",
        Http1Rejection.CodingNotServed => "The only transfer coding served is chunked (RFC 9112 section 6.1).",
        Http1Rejection.BareLineFeed => "A line ends in LF without CR (RFC 9112 section 2.2).",
        Http1Rejection.BareCarriageReturn => "A CR is not followed by LF (RFC 9112 section 2.2).",
        Http1Rejection.MethodMalformed => "The method is not a token followed by one space (RFC 9112 section 3.1).",
        Http1Rejection.TargetMissing => "The request line has no target after exactly one space (RFC 9112 section 3).",
        Http1Rejection.TargetCharacter => "The request target holds a byte that a URI cannot hold (RFC 3986 section 2).",
        Http1Rejection.TargetFragment => "The request target has a fragment (RFC 9112 section 3.2).",
        Http1Rejection.TargetForm => "The request target is not in origin-form, absolute-form or, for OPTIONS, asterisk-form (RFC 9112 section 3.2).",
        Http1Rejection.TargetAuthority => "The authority of the absolute-form target is not a host with an optional port (RFC 9110 section 4.2).",
        Http1Rejection.TargetEscape => "The path has a percent sign without two hexadecimal digits, or an encoded NUL (RFC 3986 section 2.1).",
        Http1Rejection.TargetDotSegment => "The path has a dot segment, plain or encoded (RFC 3986 section 5.2.4).",
        Http1Rejection.VersionMissing => "The request line has no HTTP version (RFC 9112 section 3).",
        Http1Rejection.VersionMalformed => "The HTTP version is not 'HTTP/' DIGIT '.' DIGIT where the start line must have it (RFC 9112 section 2.3).",
        Http1Rejection.StatusCodeMalformed => "The status line has no three-digit status code of 100 or more (RFC 9112 section 4).",
        Http1Rejection.ReasonCharacter => "The reason phrase holds a control character (RFC 9112 section 4).",
        Http1Rejection.LeadingSpace => "White space comes before the first field line (RFC 9112 section 2.2).",
        Http1Rejection.LineFolding => "A field line is folded (RFC 9112 section 5.2).",
        Http1Rejection.FieldNameEmpty => "A field line has no name (RFC 9112 section 5).",
        Http1Rejection.FieldNameCharacter => "A field name holds a character that no token may hold (RFC 9110 section 5.1).",
        Http1Rejection.FieldNameSpace => "White space stands in a field name or between name and colon (RFC 9112 section 5.1).",
        Http1Rejection.FieldColonMissing => "A field line has no colon (RFC 9112 section 5).",
        Http1Rejection.FieldValueCharacter => "A field value holds a control character (RFC 9110 section 5.5).",
        Http1Rejection.FramingLookalike => "A field name could be read as Content-Length or Transfer-Encoding by somebody else (RFC 9112 section 11.2).",
        Http1Rejection.HostMissing => "An HTTP/1.1 request has no Host (RFC 9112 section 3.2).",
        Http1Rejection.HostRepeated => "There is more than one Host (RFC 9112 section 3.2).",
        Http1Rejection.HostMalformed => "Host is not a host with an optional port (RFC 9110 section 7.2).",
        Http1Rejection.ConnectionMalformed => "Connection is not a list of at most 32 options (RFC 9110 section 7.6.1).",
        Http1Rejection.ContentLengthMalformed => "Content-Length is not a row of digits (RFC 9110 section 8.6).",
        Http1Rejection.ContentLengthOverflow => "Content-Length is larger than 9223372036854775807 (RFC 9110 section 8.6).",
        Http1Rejection.ContentLengthRepeated => "There is more than one Content-Length (RFC 9112 section 6.3).",
        Http1Rejection.TransferEncodingMalformed => "Transfer-Encoding is not a list of codings without empty elements, or chunked has a parameter (RFC 9112 sections 6.1 and 7.1).",
        Http1Rejection.TransferEncodingInHttp10 => "Transfer-Encoding stands in an HTTP/1.0 message (RFC 9112 section 6.1).",
        Http1Rejection.TransferEncodingWithContentLength => "Transfer-Encoding and Content-Length stand in one message (RFC 9112 section 6.3).",
        Http1Rejection.ChunkedRepeated => "Transfer-Encoding names chunked more than once (RFC 9112 section 6.1).",
        Http1Rejection.ChunkedNotLast => "The last transfer coding is not chunked, so the body has no length (RFC 9112 section 6.3).",
        Http1Rejection.ChunkSizeMalformed => "A chunk size is not a row of hexadecimal digits that a CRLF or an extension follows (RFC 9112 section 7.1).",
        Http1Rejection.ChunkSizeOverflow => "A chunk size has more than 16 digits or is larger than 9223372036854775807 (RFC 9112 section 7.1).",
        Http1Rejection.ChunkExtensionCharacter => "A chunk extension holds a control character (RFC 9112 section 7.1.1).",
        Http1Rejection.ChunkExtensionMalformed => "A chunk extension is not a name, or a name with a token or a quoted string as its value (RFC 9112 section 7.1.1).",
        Http1Rejection.ChunkExtensionsTooLong => "The chunk extensions of one body are longer than the limit 'chunkExtensions' (RFC 9112 section 7.1.1).",
        Http1Rejection.ChunkDataUnterminated => "No CRLF follows a chunk's data (RFC 9112 section 7.1).",
        Http1Rejection.TrailersTooLarge => "The trailer section is larger than the limit 'trailers' (RFC 9112 section 7.1.2).",
        _ => "The message is not valid HTTP/1.1 (RFC 9112).",
    };

    /// <summary>What is to be done about a refused request, one sentence for whoever sent it, behind <see cref="Describe"/>.</summary>
    public static string NextOfClient(Http1Rejection rejection) => rejection switch
    {
        Http1Rejection.RequestLineTooLong => "Send a shorter request line, or raise limits.requestLine.",
        Http1Rejection.TargetTooLong => "Send a shorter request target, or raise limits.uri.",
        Http1Rejection.FieldTooLong => "Send shorter fields, or raise limits.field.",
        Http1Rejection.FieldsTooLarge => "Send fewer or shorter fields, or raise limits.fields.",
        Http1Rejection.TooManyFields => "Send fewer fields, or raise limits.fieldCount.",
        Http1Rejection.ChunkExtensionsTooLong => "Send no chunk extensions, or raise limits.chunkExtensions.",
        Http1Rejection.TrailersTooLarge => "Send fewer or shorter trailers, or raise limits.trailers.",
        Http1Rejection.MethodNotServed => "Use another method, such as GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS; send CONNECT and TRACE to the origin itself, around this proxy.",
        Http1Rejection.CodingNotServed => "Send the body with Content-Length, or with Transfer-Encoding: chunked and no other coding.",
        Http1Rejection.Http2Preface or Http1Rejection.VersionNotServed => "Send the request in HTTP/1.1 (curl: --http1.1).",
        Http1Rejection.TargetDotSegment => "Send the path with its dot segments resolved.",
        Http1Rejection.HostMissing or Http1Rejection.HostRepeated or Http1Rejection.HostMalformed => "Send one Host field, with the host that is asked for and, if it has one, its port.",
        _ => "Correct the client, or what stands between it and this proxy, by the rule that the detail names.",
    };
}
