using PipeProxy.Http1;

namespace PipeProxy.Testing;

/// <summary>Messages with the verdict that each must get: one table for the parser's tests and for those through a live proxy.</summary>
/// <remarks>The limits are those of <see cref="HeadLimits.Default"/>. A fixed bug leaves its vector here.</remarks>
internal static partial class Http1Vectors
{
    public static IReadOnlyList<Http1Vector> Requests { get; } = [.. RequestLines(), .. Fields(), .. Framings(), .. ChunkedBodies()];

    public static IReadOnlyList<Http1Vector> Responses { get; } = [.. StatusLines(), .. ResponseFields(), .. ResponseFramings()];

    public static IEnumerable<Http1Vector> All => Requests.Concat(Responses);

    /// <summary>Bodies in the chunked coding, without their heads.</summary>
    public static IEnumerable<byte[]> ChunkedWires => ChunkedBodies().Select(vector => vector.Bytes[(vector.Wire.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);

    public static Http1Vector Named(string name) => All.Single(vector => vector.Name == name);

    private static IEnumerable<Http1Vector> RequestLines() =>
    [
        Accept("origin-form", "GET /a/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("empty query", "GET /? HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("second slash in the path", "GET //a//b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("absolute-form", "GET http://b:80/x?y HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("absolute-form, https, upper case", "GET HTTPS://b/x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("absolute-form without path", "GET http://b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("absolute-form with query, without path", "GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("absolute-form OPTIONS on the server", "OPTIONS http://b:81 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("absolute-form with an IPv6 address and an empty port", "GET http://[::1]:/x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n"),
        Accept("one empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("method of another protocol", "PROPFIND /x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("method in lower case is another method", "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("characters that browsers leave plain", "GET /a|b{c}[d]^e`f'g?h|i{\"j\":<k>}\\[l] HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("percent-encoded path", "GET /%E2%82%AC/%2Fa%20b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("lone percent sign in the query", "GET /?100% HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("dots that are no dot segment", "GET /.a/..b/c../.../a.b;v=1..2/%2e%2e%2e HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("dot segments in the query", "GET /?/../%2e%2e/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Accept("request line as long as the limit", "GET /" + Repeat('a', Limits.RequestLine - 16) + " HTTP/1.1\r\nHost: a\r\n\r\n"),

        Refuse("request line one byte too long", Http1Rejection.RequestLineTooLong, "GET /" + Repeat('a', Limits.RequestLine - 15) + " HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("method too long", Http1Rejection.RequestLineTooLong, Repeat('A', Limits.RequestLine + 1) + " / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("CONNECT", Http1Rejection.MethodNotServed, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("TRACE", Http1Rejection.MethodNotServed, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("trace in lower case", Http1Rejection.MethodNotServed, "trace / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("HTTP/2 preface", Http1Rejection.Http2Preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Refuse("HTTP/2 by version", Http1Rejection.VersionNotServed, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
        Refuse("HTTP/1.2", Http1Rejection.VersionNotServed, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
        Refuse("HTTP/0.9 by version", Http1Rejection.VersionNotServed, "GET / HTTP/0.9\r\n\r\n"),
        Refuse("HTTP/0.9", Http1Rejection.VersionMissing, "GET /\r\n"),
        Refuse("version missing after a space", Http1Rejection.VersionMalformed, "GET / \r\n\r\n"),
        Refuse("version in lower case", Http1Rejection.VersionMalformed, "GET / http/1.1\r\nHost: a\r\n\r\n"),
        Refuse("version with two digits", Http1Rejection.VersionMalformed, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
        Refuse("version without a dot", Http1Rejection.VersionMalformed, "GET / HTTP/11\r\nHost: a\r\n\r\n"),
        Refuse("space after the version", Http1Rejection.VersionMalformed, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        Refuse("two spaces before the version", Http1Rejection.VersionMalformed, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("space in the target", Http1Rejection.VersionMalformed, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("two spaces before the target", Http1Rejection.TargetMissing, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("method alone", Http1Rejection.TargetMissing, "GET\r\n\r\n"),
        Refuse("target missing", Http1Rejection.TargetMissing, "GET \r\n\r\n"),
        Refuse("tab after the method", Http1Rejection.MethodMalformed, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("space before the method", Http1Rejection.MethodMalformed, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("control character in the method", Http1Rejection.MethodMalformed, "BAD\u0001 / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("TLS on a plain listener", Http1Rejection.MethodMalformed, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
        Refuse("two empty lines before", Http1Rejection.MethodMalformed, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("bare LF before", Http1Rejection.BareLineFeed, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("bare CR before", Http1Rejection.BareCarriageReturn, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("bare LF after the version", Http1Rejection.BareLineFeed, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        Refuse("bare CR after the version", Http1Rejection.BareCarriageReturn, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
        Refuse("fragment", Http1Rejection.TargetFragment, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("fragment in the query", Http1Rejection.TargetFragment, "GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("UTF-8 in the path", Http1Rejection.TargetCharacter, "GET /\u00e2\u0082\u00ac HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("NUL in the path", Http1Rejection.TargetCharacter, "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("DEL in the path", Http1Rejection.TargetCharacter, "GET /a\u007fb HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("tab in the target", Http1Rejection.TargetCharacter, "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("backslash in the path", Http1Rejection.TargetCharacter, "GET /a\\..\\b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("percent sign alone in the path", Http1Rejection.TargetEscape, "GET /100% HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("percent sign with one digit", Http1Rejection.TargetEscape, "GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("percent sign without digits", Http1Rejection.TargetEscape, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("encoded NUL", Http1Rejection.TargetEscape, "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("authority-form without CONNECT", Http1Rejection.TargetForm, "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("asterisk-form without OPTIONS", Http1Rejection.TargetForm, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("path without slash", Http1Rejection.TargetForm, "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("absolute-form of another scheme", Http1Rejection.TargetForm, "GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("absolute-form without host", Http1Rejection.TargetAuthority, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("absolute-form with user information", Http1Rejection.TargetAuthority, "GET http://u:p@b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("absolute-form with a port too large", Http1Rejection.TargetAuthority, "GET http://b:65536/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Refuse("absolute-form with a backslash", Http1Rejection.TargetCharacter, "GET http://b\\c HTTP/1.1\r\nHost: a\r\n\r\n"),
        .. DotSegments.Select(path => Refuse("dot segment " + path, Http1Rejection.TargetDotSegment, $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")),
    ];

    private static IEnumerable<string> DotSegments =>
    [
        "/.", "/..", "/../", "/./a", "/a/..", "/a/../b", "/a/./b?c", "/%2e", "/%2e%2E/a", "/.%2e/a", "/%2E./a", "/a/%2e%2e?q",
        "/..%2fa", "/..%2Fa", "/..%5ca", "/a%2f..", "/a%2f%2e%2e%2fb", "/a%5c..%5cb", "/..;/a", "/..;x=y/a", "/.;/a", "/..%3bx/a",
        "http://b/../a", "http://b/%2e%2e",
    ];

    private static HeadLimits Limits => HeadLimits.Default;

    private static string Repeat(char c, int count) => new(c, count);

    private static Http1Vector Accept(string name, string wire, FramingKind framing = FramingKind.None, string body = "")
        => new(name, wire, Http1Rejection.None) { Framing = framing, Body = body };

    private static Http1Vector Refuse(string name, Http1Rejection rule, string wire) => new(name, wire, rule) { Framing = FramingKind.Rejected };
}
