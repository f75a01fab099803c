using PipeProxy.Http1;

namespace PipeProxy.Testing;

/// <content>Framing of requests, and the chunked coding.</content>
internal static partial class Http1Vectors
{
    private static IEnumerable<Http1Vector> Framings() =>
    [
        Accept("Content-Length", Post("Content-Length: 3", "abc"), FramingKind.Length, "abc"),
        Accept("Content-Length 0", Post("Content-Length: 0", ""), FramingKind.Length),
        Accept("Content-Length with leading zeros", Post("content-length:003 ", "abc"), FramingKind.Length, "abc"),
        Accept("Content-Length with more zeros than digits", Post("Content-Length: 0000000000000000000000000003", "abc"), FramingKind.Length, "abc"),
        Accept("TE names chunked and frames nothing", Post("TE: chunked\r\nContent-Length: 3", "abc"), FramingKind.Length, "abc"),
        Accept("Content-Length in HTTP/1.0", "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", FramingKind.Length, "x"),
        Accept("POST without a body", "POST / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", FramingKind.Length, "x"),
        Accept("body that looks like a request", Post("Content-Length: 18", "GET / HTTP/1.1\r\n\r\n"), FramingKind.Length, "GET / HTTP/1.1\r\n\r\n"),

        .. BadLengths.Select(value => Refuse($"Content-Length '{value}'", Http1Rejection.ContentLengthMalformed, Post("Content-Length: " + value, "abc"))),
        Refuse("Content-Length of 2^63", Http1Rejection.ContentLengthOverflow, Post("Content-Length: 9223372036854775808", "")),
        Refuse("Content-Length of 2^64", Http1Rejection.ContentLengthOverflow, Post("Content-Length: 18446744073709551616", "")),
        Refuse("Content-Length that wraps to 3", Http1Rejection.ContentLengthOverflow, Post("Content-Length: 18446744073709551619", "abc")),
        Refuse("two Content-Length that differ", Http1Rejection.ContentLengthRepeated, Post("Content-Length: 3\r\nContent-Length: 4", "abc")),
        Refuse("two equal Content-Length", Http1Rejection.ContentLengthRepeated, Post("Content-Length: 3\r\ncontent-length: 3", "abc")),
        Refuse("Content-Length beside its look-alike", Http1Rejection.FramingLookalike, Post("Content-Length: 3\r\nContent_Length: 4", "abc")),
        Refuse("chunked beside its look-alike", Http1Rejection.FramingLookalike, Post("Transfer-Encoding: chunked\r\nTransfer_Encoding: identity", "0\r\n\r\n")),
        Refuse("Content-Length beside Transfer-Encoding identity", Http1Rejection.TransferEncodingWithContentLength, Post("Transfer-Encoding: identity\r\nContent-Length: 3", "abc")),
        Refuse("Content-Length before chunked", Http1Rejection.TransferEncodingWithContentLength, Post("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        Refuse("Content-Length after chunked", Http1Rejection.TransferEncodingWithContentLength, Post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n")),
        Refuse("chunked in HTTP/1.0", Http1Rejection.TransferEncodingInHttp10, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refuse("chunked twice in a list", Http1Rejection.ChunkedRepeated, Post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")),
        Refuse("chunked twice in two lines", Http1Rejection.ChunkedRepeated, Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        Refuse("chunked before gzip", Http1Rejection.ChunkedNotLast, Post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n")),
        Refuse("unknown coding alone", Http1Rejection.ChunkedNotLast, Post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
        Refuse("identity alone", Http1Rejection.ChunkedNotLast, Post("Transfer-Encoding: identity", "")),
        Refuse("gzip before chunked", Http1Rejection.CodingNotServed, Post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
        Refuse("gzip and chunked in two lines", Http1Rejection.CodingNotServed, Post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        Refuse("empty Transfer-Encoding", Http1Rejection.TransferEncodingMalformed, Post("Transfer-Encoding:", "0\r\n\r\n")),
        Refuse("empty element before chunked", Http1Rejection.TransferEncodingMalformed, Post("Transfer-Encoding: , chunked", "0\r\n\r\n")),
        Refuse("empty element after chunked", Http1Rejection.TransferEncodingMalformed, Post("Transfer-Encoding: chunked,", "0\r\n\r\n")),
        Refuse("chunked with a parameter", Http1Rejection.TransferEncodingMalformed, Post("Transfer-Encoding: chunked;a=b", "0\r\n\r\n")),
        Refuse("chunked in quotes", Http1Rejection.TransferEncodingMalformed, Post("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")),
        Refuse("chunked after a no-break space", Http1Rejection.TransferEncodingMalformed, Post("Transfer-Encoding: \u00a0chunked", "0\r\n\r\n")),
        Refuse("chunked after a vertical tab", Http1Rejection.FieldValueCharacter, Post("Transfer-Encoding: \u000bchunked", "0\r\n\r\n")),
        Refuse("space after Transfer-Encoding", Http1Rejection.FieldNameSpace, Post("Transfer-Encoding : chunked", "0\r\n\r\n")),
        Refuse("space after Content-Length", Http1Rejection.FieldNameSpace, Post("Content-Length : 3", "abc")),
    ];

    private static IEnumerable<string> BadExtensions =>
        [";", "; ", ";;a", ";=b", ";a=", ";a;", ";a b", ";a ", ";a=b c", ";a=b ", ";a=b=c", ";a=(b)", ";a=\"b", ";a=\"b\\\"", ";a=\"b\"c", ";a=\"b\" ", ";\"a\"", ";\u00e4", ";a=\u00e4"];

    private static IEnumerable<string> BadLengths =>
        ["", "+3", "-3", "3,3", "3, 3", "3 3", "3.0", "0x3", "3;", "1e1", "three", "3\u00a0", "\u00b2", "\"3\""];

    private static IEnumerable<Http1Vector> ChunkedBodies() =>
    [
        Accept("no chunk", Chunked("0\r\n\r\n"), FramingKind.Chunked),
        Accept("one chunk", Chunked("3\r\nabc\r\n0\r\n\r\n"), FramingKind.Chunked, "abc"),
        Accept("two chunks, upper and lower case", Chunked("A\r\n0123456789\r\nb\r\n0123456789x\r\n0\r\n\r\n"), FramingKind.Chunked, "01234567890123456789x"),
        Accept("leading zeros in sizes", Chunked("0003\r\nabc\r\n0000000000000000\r\n\r\n"), FramingKind.Chunked, "abc"),
        Accept("data that look like the end", Chunked("7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n"), FramingKind.Chunked, "\r\n0\r\n\r\n"),
        Accept("extensions", Chunked("3;a=b;c=\"d;e\"\r\nabc\r\n0 \t;x\r\n\r\n"), FramingKind.Chunked, "abc"),
        Accept("extensions with white space and quotes", Chunked("3 ;\ta = b\t; c ;d= \"\\\"\u00e4;\t\\\\\"\t;e\r\nabc\r\n0\r\n\r\n"), FramingKind.Chunked, "abc"),
        Accept("trailers", Chunked("3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Empty:\r\n\r\n"), FramingKind.Chunked, "abc"),
        Accept("trailers that frame", Chunked("1\r\nx\r\n0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nHost: b\r\n\r\n"), FramingKind.Chunked, "x"),
        Accept("extension on the last chunk", Chunked("1\r\nx\r\n0;last=\"\\\"yes\"\r\n\r\n"), FramingKind.Chunked, "x"),
        Accept("chunked in mixed case", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \tChUnKeD \r\n\r\n1\r\nx\r\n0\r\n\r\n", FramingKind.Chunked, "x"),
        Accept("extensions as long as the limit", Chunked("1;" + Repeat('a', ChunkedDecoder.MaxExtensionBytes - 1) + "\r\nx\r\n0\r\n\r\n"), FramingKind.Chunked, "x"),
        Accept("trailers as large as the limit", Chunked("0\r\nA: " + Repeat('b', ChunkedDecoder.MaxTrailerBytes - 5) + "\r\n\r\n"), FramingKind.Chunked),

        Refuse("no size", Http1Rejection.ChunkSizeMalformed, Chunked("\r\nabc\r\n0\r\n\r\n")),
        Refuse("size with a sign", Http1Rejection.ChunkSizeMalformed, Chunked("+3\r\nabc\r\n0\r\n\r\n")),
        Refuse("size with 0x", Http1Rejection.ChunkSizeMalformed, Chunked("0x3\r\nabc\r\n0\r\n\r\n")),
        Refuse("size with an underscore", Http1Rejection.ChunkSizeMalformed, Chunked("1_0\r\nabc\r\n0\r\n\r\n")),
        Refuse("space before a size", Http1Rejection.ChunkSizeMalformed, Chunked(" 3\r\nabc\r\n0\r\n\r\n")),
        Refuse("space after a size", Http1Rejection.ChunkSizeMalformed, Chunked("3 \r\nabc\r\n0\r\n\r\n")),
        Refuse("size of 2^63", Http1Rejection.ChunkSizeOverflow, Chunked("8000000000000000\r\nabc")),
        Refuse("size that wraps to 3", Http1Rejection.ChunkSizeOverflow, Chunked("10000000000000003\r\nabc\r\n0\r\n\r\n")),
        Refuse("size with 17 digits", Http1Rejection.ChunkSizeOverflow, Chunked("00000000000000003\r\nabc\r\n0\r\n\r\n")),
        Refuse("bare LF after a size", Http1Rejection.BareLineFeed, Chunked("3\nabc\r\n0\r\n\r\n")),
        Refuse("bare CR after a size", Http1Rejection.BareCarriageReturn, Chunked("3\rabc\r\n0\r\n\r\n")),
        Refuse("bare LF in an extension", Http1Rejection.BareLineFeed, Chunked("3;a\nabc\r\n0\r\n\r\n")),
        Refuse("bare CR in an extension", Http1Rejection.BareCarriageReturn, Chunked("3;a\rb\r\nabc\r\n0\r\n\r\n")),
        Refuse("NUL in an extension", Http1Rejection.ChunkExtensionCharacter, Chunked("3;a\0\r\nabc\r\n0\r\n\r\n")),
        .. BadExtensions.Select(extension => Refuse($"extension {extension}", Http1Rejection.ChunkExtensionMalformed, Chunked($"3{extension}\r\nabc\r\n0\r\n\r\n"))),
        Refuse("line end in a quoted extension", Http1Rejection.ChunkExtensionMalformed, Chunked("3;a=\"\r\nabc\r\n0\r\n\r\n\"\r\nabc\r\n0\r\n\r\n")),
        Refuse("bare LF in a quoted extension", Http1Rejection.BareLineFeed, Chunked("3;a=\"\n\"\r\nabc\r\n0\r\n\r\n")),
        Refuse("NUL in a quoted extension", Http1Rejection.ChunkExtensionCharacter, Chunked("3;a=\"\\\0\"\r\nabc\r\n0\r\n\r\n")),
        Refuse("extensions one byte too long", Http1Rejection.ChunkExtensionsTooLong, Chunked("1;" + Repeat('a', ChunkedDecoder.MaxExtensionBytes) + "\r\nx\r\n0\r\n\r\n")),
        Refuse("extensions too long together", Http1Rejection.ChunkExtensionsTooLong, Chunked(string.Concat(Enumerable.Repeat("1;" + Repeat('a', 1023) + "\r\nx\r\n", 17)) + "0\r\n\r\n")),
        Refuse("data longer than the size", Http1Rejection.ChunkDataUnterminated, Chunked("3\r\nabcd\r\n0\r\n\r\n")),
        Refuse("bare LF after data", Http1Rejection.ChunkDataUnterminated, Chunked("3\r\nabc\n0\r\n\r\n")),
        Refuse("bare CR after data", Http1Rejection.ChunkDataUnterminated, Chunked("3\r\nabc\r0\r\n\r\n")),
        Refuse("trailers one byte too large", Http1Rejection.TrailersTooLarge, Chunked("0\r\nA: " + Repeat('b', ChunkedDecoder.MaxTrailerBytes - 4) + "\r\n\r\n")),
        Refuse("bare LF in the trailer section", Http1Rejection.BareLineFeed, Chunked("0\r\nA: b\n\r\n")),
        Refuse("bare LF for the last line", Http1Rejection.BareLineFeed, Chunked("0\r\n\n")),
        Refuse("bare CR in the trailer section", Http1Rejection.BareCarriageReturn, Chunked("0\r\nA: b\rc\r\n\r\n")),
        Refuse("folded trailer", Http1Rejection.LineFolding, Chunked("0\r\nA: b\r\n c\r\n\r\n")),
        Refuse("trailer without a name", Http1Rejection.FieldNameEmpty, Chunked("0\r\n: b\r\n\r\n")),
        Refuse("trailer without a colon", Http1Rejection.FieldColonMissing, Chunked("0\r\nA\r\n\r\n")),
        Refuse("space in a trailer's name", Http1Rejection.FieldNameSpace, Chunked("0\r\nA : b\r\n\r\n")),
        Refuse("request where the trailers should be", Http1Rejection.FieldNameSpace, Chunked("0\r\nGET /x HTTP/1.1\r\n\r\n")),
        Refuse("control character in a trailer's name", Http1Rejection.FieldNameCharacter, Chunked("0\r\nA(: b\r\n\r\n")),
        Refuse("NUL in a trailer's value", Http1Rejection.FieldValueCharacter, Chunked("0\r\nA: \0\r\n\r\n")),
        Refuse("look-alike in the trailer section", Http1Rejection.FramingLookalike, Chunked("0\r\nContent_Length: 5\r\n\r\n")),
    ];

    private static string Post(string lines, string body) => $"POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{body}";

    private static string Chunked(string body) => Post("Transfer-Encoding: chunked", body);
}
