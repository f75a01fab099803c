using PipeProxy.Http1;

namespace PipeProxy.Testing;

/// <content>Responses.</content>
internal static partial class Http1Vectors
{
    private static IEnumerable<Http1Vector> StatusLines() =>
    [
        Answer("200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", FramingKind.Length, "hi"),
        Answer("empty reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", FramingKind.Length),
        Answer("no space after the status", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", FramingKind.Length),
        Answer("reason with spaces, tab and obs-text", "HTTP/1.1 403 Not  for\tyou \u00e9\r\nContent-Length: 0\r\n\r\n", FramingKind.Length),
        Answer("status outside the classes", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", FramingKind.Length),
        Answer("HTTP/1.0 response", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", FramingKind.Length, "x"),

        Fault("status line too long", Http1Rejection.RequestLineTooLong, "HTTP/1.1 200 " + Repeat('a', Limits.RequestLine) + "\r\n\r\n"),
        Fault("status below 100", Http1Rejection.StatusCodeMalformed, "HTTP/1.1 099 No\r\n\r\n"),
        Fault("status of two digits", Http1Rejection.StatusCodeMalformed, "HTTP/1.1 20 OK\r\n\r\n"),
        Fault("status of four digits", Http1Rejection.StatusCodeMalformed, "HTTP/1.1 2000 OK\r\n\r\n"),
        Fault("status with a sign", Http1Rejection.StatusCodeMalformed, "HTTP/1.1 +20 OK\r\n\r\n"),
        Fault("two spaces before the status", Http1Rejection.StatusCodeMalformed, "HTTP/1.1  200 OK\r\n\r\n"),
        Fault("no status", Http1Rejection.VersionMalformed, "HTTP/1.1\r\n\r\n"),
        Fault("bare LF after the version of a response", Http1Rejection.BareLineFeed, "HTTP/1.1\n\n"),
        Fault("another protocol", Http1Rejection.VersionMalformed, "ICY 200 OK\r\n\r\n"),
        Fault("SSH", Http1Rejection.VersionMalformed, "SSH-2.0-OpenSSH_9.2\r\n"),
        Fault("HTTP/2 response", Http1Rejection.VersionNotServed, "HTTP/2.0 200 OK\r\n\r\n"),
        Fault("empty line before a response", Http1Rejection.VersionMalformed, "\r\nHTTP/1.1 200 OK\r\n\r\n"),
        Fault("NUL in the reason", Http1Rejection.ReasonCharacter, "HTTP/1.1 200 O\0K\r\n\r\n"),
        Fault("bare LF after the reason", Http1Rejection.BareLineFeed, "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
        Fault("bare CR in the reason", Http1Rejection.BareCarriageReturn, "HTTP/1.1 200 O\rK\r\n\r\n"),
    ];

    private static IEnumerable<Http1Vector> ResponseFields() =>
    [
        Answer("space before a colon is taken off", "HTTP/1.1 200 OK\r\nContent-Length \t: 1\r\n\r\nx", FramingKind.Length, "x"),
        Answer("space before the colon of Transfer-Encoding is taken off", "HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", FramingKind.Chunked, "x"),
        Answer("obs-text and unknown fields of a response", "HTTP/1.1 200 \u00e4\r\nX-Name: \u00ff\u0080 \t v\r\nx_other:\r\nContent-Length: 1\r\n\r\nx", FramingKind.Length, "x"),
        Answer("two Set-Cookie", "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n", FramingKind.Length),

        Fault("space in a response's field name", Http1Rejection.FieldNameSpace, "HTTP/1.1 200 OK\r\nA B: c\r\n\r\n"),
        Fault("folded response field", Http1Rejection.LineFolding, "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
        Fault("space before the first response field", Http1Rejection.LeadingSpace, "HTTP/1.1 200 OK\r\n A: b\r\n\r\n"),
        Fault("bare LF in a response", Http1Rejection.BareLineFeed, "HTTP/1.1 200 OK\r\nA: b\nSet-Cookie: c\r\n\r\n"),
        Fault("NUL in a response's field", Http1Rejection.FieldValueCharacter, "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"),
        Fault("look-alike in a response", Http1Rejection.FramingLookalike, "HTTP/1.1 200 OK\r\nTransfer_Encoding: chunked\r\nContent-Length: 0\r\n\r\n"),
        Fault("response fields too large", Http1Rejection.FieldsTooLarge, "HTTP/1.1 200 OK\r\n" + LinesOf(Limits.Fields + 1) + "\r\n\r\n"),
        Fault("Connection of a response malformed", Http1Rejection.ConnectionMalformed, "HTTP/1.1 200 OK\r\nConnection: a b\r\nContent-Length: 0\r\n\r\n"),
    ];

    private static IEnumerable<Http1Vector> ResponseFramings() =>
    [
        Answer("chunked response", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", FramingKind.Chunked, "hi"),
        Answer("until close", "HTTP/1.1 200 OK\r\n\r\nall of it", FramingKind.UntilClose, "all of it"),
        Answer("101", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\u0081", FramingKind.Tunnel, "\u0081"),
        Answer("100", "HTTP/1.1 100 Continue\r\n\r\n", FramingKind.None),
        Answer("103 with a Content-Length", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nLink: </a>\r\n\r\n", FramingKind.None),
        Answer("204 with a Content-Length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", FramingKind.None),
        Answer("204", "HTTP/1.1 204 No Content\r\n\r\n", FramingKind.None),
        Answer("304 with a Content-Length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", FramingKind.None),
        Answer("304 with chunked", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", FramingKind.None),
        Answer("HEAD with a Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", FramingKind.None) with { RequestMethod = HttpMethodKind.Head },
        Answer("HEAD with chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", FramingKind.None) with { RequestMethod = HttpMethodKind.Head },
        Answer("HEAD without a length", "HTTP/1.1 200 OK\r\n\r\n", FramingKind.None) with { RequestMethod = HttpMethodKind.Head },

        Fault("both lengths in a response", Http1Rejection.TransferEncodingWithContentLength, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        Fault("both lengths in a 304", Http1Rejection.TransferEncodingWithContentLength, "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
        Fault("chunked in an HTTP/1.0 response", Http1Rejection.TransferEncodingInHttp10, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Fault("chunked twice in a response", Http1Rejection.ChunkedRepeated, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Fault("identity coding in a response", Http1Rejection.ChunkedNotLast, "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhello"),
        Fault("look-alike beside the length of a response", Http1Rejection.FramingLookalike, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContentLength: 6\r\n\r\nhello"),
        Fault("gzip coding in a response", Http1Rejection.CodingNotServed, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Fault("two Content-Length in a response", Http1Rejection.ContentLengthRepeated, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
        Fault("negative Content-Length in a response", Http1Rejection.ContentLengthMalformed, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        Fault("chunk size of a response malformed", Http1Rejection.ChunkSizeMalformed, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello"),
    ];

    private static Http1Vector Answer(string name, string wire, FramingKind framing, string body = "")
        => Accept(name, wire, framing, body) with { IsResponse = true };

    private static Http1Vector Fault(string name, Http1Rejection rule, string wire) => Refuse(name, rule, wire) with { IsResponse = true };
}
