using PipeProxy.Http1;

namespace PipeProxy.Testing;

/// <content>Field lines of requests.</content>
internal static partial class Http1Vectors
{
    private static IEnumerable<Http1Vector> Fields() =>
    [
        Accept("no space after the colon", Get("Accept:*/*")),
        Accept("spaces and tabs around a value", Get("A: \t b \t c\t ")),
        Accept("empty values", Get("A:\r\nB: \r\nC:\t \t")),
        Accept("every tchar in a name", Get("!#$%&'*+-.^_`|~09AZaz: x")),
        Accept("obs-text in a value", Get("A: \u0080\u00a0\u00ff")),
        Accept("duplicates", Get("Cookie: a=1\r\nCookie: b=2\r\ncookie: a=1")),
        Accept("underscore in another name", Get("My_Field: x")),
        Accept("names near the framing fields", Get("Content-Lengths: 1\r\nX-Content-Length: 2\r\nTransfer-Encodings: 3\r\nContent-Type: a")),
        .. WindowEdges.Select(length => Accept($"line of {length} bytes", Get("A: " + Repeat('b', length - 5) + "\r\nB: c"))),
        Accept("names of 31, 32 and 33 bytes", Get($"{Repeat('x', 31)}: a\r\n{Repeat('x', 32)}: b\r\n{Repeat('x', 33)}: c")),
        Accept("line as long as the limit", Get("A: " + Repeat('b', Limits.Field - 5))),
        Accept("as many lines as the limit", Get(string.Join("\r\n", Enumerable.Range(1, Limits.FieldCount - 1).Select(i => $"F{i}: {i}")))),
        Accept("fields as large as the limit", Get(LinesOf(Limits.Fields - "Host: a\r\n".Length))),
        Accept("Connection with options and empty elements", Get("Connection: keep-alive, , X-A,,Upgrade\r\nX-A: 1")),
        Accept("Connection that nominates framing and Host", "POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length, Host\r\nContent-Length: 1\r\n\r\nx", FramingKind.Length, "x"),
        .. ValidHosts.Select(host => Accept("Host " + host, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")),

        .. WindowEdges.Select(length => Refuse($"NUL at the end of a line of {length} bytes", Http1Rejection.FieldValueCharacter, Get("A: " + Repeat('b', length - 6) + "\0\r\nB: c"))),
        Refuse("line one byte too long", Http1Rejection.FieldTooLong, Get("A: " + Repeat('b', Limits.Field - 4))),
        Refuse("name too long", Http1Rejection.FieldTooLong, Get(Repeat('A', Limits.Field + 1) + ": b")),
        Refuse("one line too many", Http1Rejection.TooManyFields, Get(string.Join("\r\n", Enumerable.Range(1, Limits.FieldCount).Select(i => $"F{i}: {i}")))),
        Refuse("fields one byte too large", Http1Rejection.FieldsTooLarge, Get(LinesOf(Limits.Fields - "Host: a\r\n".Length + 1))),
        Refuse("space before the colon", Http1Rejection.FieldNameSpace, Get("A : b")),
        Refuse("tab before the colon", Http1Rejection.FieldNameSpace, Get("A\t: b")),
        Refuse("space in a name", Http1Rejection.FieldNameSpace, Get("A B: c")),
        Refuse("folded line", Http1Rejection.LineFolding, Get("A: b\r\n c")),
        Refuse("folded line with a tab", Http1Rejection.LineFolding, Get("A: b\r\n\tTransfer-Encoding: chunked")),
        Refuse("space before the first line", Http1Rejection.LeadingSpace, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Refuse("no name", Http1Rejection.FieldNameEmpty, Get(": a")),
        Refuse("no colon", Http1Rejection.FieldColonMissing, Get("A")),
        Refuse("NUL in a name", Http1Rejection.FieldNameCharacter, Get("A\0: b")),
        Refuse("slash in a name", Http1Rejection.FieldNameCharacter, Get("A/B: c")),
        Refuse("UTF-8 in a name", Http1Rejection.FieldNameCharacter, Get("Tran\u00c5\u00bffer-Encoding: chunked")),
        Refuse("bare CR in a value", Http1Rejection.BareCarriageReturn, Get("A: b\rContent-Length: 5")),
        Refuse("two CR at the end of a line", Http1Rejection.BareCarriageReturn, Get("A: b\r")),
        Refuse("bare LF at the end of a line", Http1Rejection.BareLineFeed, Get("A: b\nC: d")),
        Refuse("bare LF for the empty line", Http1Rejection.BareLineFeed, "GET / HTTP/1.1\r\nHost: a\r\n\nGET /x HTTP/1.1\r\n\r\n"),
        Refuse("CR without LF for the empty line", Http1Rejection.BareCarriageReturn, "GET / HTTP/1.1\r\nHost: a\r\n\rX"),
        Refuse("NUL in a value", Http1Rejection.FieldValueCharacter, Get("A: b\0c")),
        Refuse("DEL in a value", Http1Rejection.FieldValueCharacter, Get("A: b\u007fc")),
        Refuse("escape in a value", Http1Rejection.FieldValueCharacter, Get("A: \u001b[31m")),
        .. Lookalikes.Select(name => Refuse("look-alike " + name, Http1Rejection.FramingLookalike, Get(name + ": 5"))),

        Refuse("no Host in HTTP/1.1", Http1Rejection.HostMissing, "GET / HTTP/1.1\r\n\r\n"),
        Refuse("no Host beside absolute-form", Http1Rejection.HostMissing, "GET http://a/ HTTP/1.1\r\n\r\n"),
        Refuse("two Host", Http1Rejection.HostRepeated, Get("Host: b")),
        Refuse("two equal Host in HTTP/1.0", Http1Rejection.HostRepeated, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
        .. InvalidHosts.Select(host => Refuse("invalid Host " + host, Http1Rejection.HostMalformed, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")),
        Refuse("Connection with a quoted string", Http1Rejection.ConnectionMalformed, Get("Connection: \"close\"")),
        Refuse("Connection with a space in an option", Http1Rejection.ConnectionMalformed, Get("Connection: close keep-alive")),
        Refuse("Connection with 33 options", Http1Rejection.ConnectionMalformed, Get("Connection: " + string.Join(',', Enumerable.Range(1, 33).Select(i => "a" + i)))),
    ];

    // Around what the parser looks at in one step and in one window.
    private static IEnumerable<int> WindowEdges => [63, 64, 65, 191, 192, 193, 233, 234, 235, 255, 256, 257, 512];

    private static IEnumerable<string> ValidHosts =>
        ["a.example", "A.Example:8080", "127.0.0.1:80", "[::1]", "[2001:db8::7]:443", "a:", "a_b.c", "a:65535", "xn--a-b.example", "a%20b"];

    private static IEnumerable<string> InvalidHosts =>
    [
        "", ":80", "a:b", "a:65536", "a:123456", "a:-1", "a:+1", "a b", "a,b", "a/b", "a?b", "a#b", "u@a", "a\\b", "[::1", "[::1]x", "[::1]]:80", "::1", "[]",
        "[1.2.3.4]", "[fe80::1%25eth0]", "[:]", "[v1.a]", "http://a", "a%2", "a%zz", "%", "a:80:80", "\u00e4.example", "\"a\"", "<a>", "a\tb",
    ];

    private static IEnumerable<string> Lookalikes =>
    [
        "Content_Length", "Transfer_Encoding", "TRANSFER_ENCODING", "ContentLength", "transferencoding", "Content--Length", "Transfer---Encoding", "Transfer.Encoding",
        "_Content-Length", "-Transfer-Encoding", "Content-Length_", "Transfer-Encoding.", "'Transfer-Encoding'", "Con-tent-Length", "Content~Length", "C-o-n-t-e-n-t-L-e-n-g-t-h",
    ];

    private static string Get(string lines) => $"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n";

    // Lines with their CRLFs, this many bytes together, without the last CRLF.
    private static string LinesOf(int bytes)
    {
        var line = "A: " + Repeat('b', 8192 - 5) + "\r\n";
        var whole = string.Concat(Enumerable.Repeat(line, bytes / 8192));
        var rest = bytes - whole.Length;
        return rest >= 5 ? whole + "A: " + Repeat('b', rest - 5) : whole[..^2] + Repeat('b', rest);
    }
}
