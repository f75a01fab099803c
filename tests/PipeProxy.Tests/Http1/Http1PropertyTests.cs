using System.Globalization;
using System.Text;
using CsCheck;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Http1;

/// <summary>What holds for every message that the grammar makes. A failure prints the seed; CsCheck_Seed replays it, CsCheck_Iter makes the run longer.</summary>
public sealed class Http1PropertyTests
{
    private const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Visible = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

    private static readonly Gen<string> Token = Gen.String[Gen.Char[TokenCharacters], 1, 24];

    // What the proxy acts on, or takes away, and names of the client's own.
    private static readonly Gen<string> Name = Gen.OneOf(
        Token.Select(token => "X-" + token),
        AnyOf("Accept", "Cookie", "Content-Type", "Via", "Forwarded", "X-Forwarded-For", "Client-Cert", "Keep-Alive", "TE", "Date", "ETag", "access-control-max-age", "Set_Cookie"));

    // VCHAR, obs-text, and white space within.
    private static readonly Gen<string> Value = Gen.String[Gen.Char[Visible + " \t\u0080\u00e4\u00ff"], 0, 90].Select(value => value.Trim(' ', '\t'));

    private static readonly Gen<string> Field = Gen.Select(Name, AnyOf("", " ", "\t", "  "), Value, AnyOf("", " ", "\t "), (name, before, value, behind) => $"{name}:{before}{value}{behind}\r\n");

    private static readonly Gen<string> Fields = Field.Array[0, 16].Select(string.Concat);

    private static readonly Gen<string> Target = Gen.Select(
        AnyOf("/", "/a", "/a/b.c", "//", "/%41%2fb", "/a..b/.c", "http://b.example:81/x"),
        Gen.OneOf(Gen.Const(""), Gen.String[Gen.Char[Visible.Replace("#", "", StringComparison.Ordinal)], 0, 80].Select(query => "?" + query)),
        (path, query) => path + query);

    private static readonly Gen<string> Octets = Gen.String[Gen.Char["a\r\n0;:\0\u0080\u00ff"], 0, 60];

    private static readonly Gen<string> Chunks = Gen.Select(
        Gen.Select(Octets.Where(data => data.Length > 0), AnyOf("", ";a", ";a=b;c=\"d;e\"", " ;x"), (data, extension) => $"{data.Length.ToString("X", CultureInfo.InvariantCulture)}{extension}\r\n{data}\r\n").Array[0, 5],
        Field.Array[0, 3],
        (chunks, trailers) => $"{string.Concat(chunks)}0\r\n{string.Concat(trailers)}\r\n");

    // Framing fields and the body behind the head.
    private static readonly Gen<(string Fields, string Body)> Body = Gen.OneOf(
        Octets.Select(data => ($"Content-Length: {data.Length}\r\n", data)),
        Chunks.Select(chunks => ("Transfer-Encoding: chunked\r\n", chunks)));

    private static readonly Gen<string> Request = Gen.Select(
        AnyOf("GET", "POST", "DELETE", "PROPFIND", "get"), Target, Fields, Gen.OneOf(Gen.Const(("", "")), Body), AnyOf("", "Connection: close\r\n", "Connection: X-A, keep-alive\r\n"),
        (method, target, fields, body, connection) => $"{method} {target} HTTP/1.1\r\nHost: a.example:80\r\n{fields}{connection}{body.Item1}\r\n{body.Item2}");

    private static readonly Gen<string> Response = Gen.Select(
        Gen.Int[200, 599].Where(code => code is not 204 and not 304), AnyOf("", " ", " OK", " \u00e4 reason"), Fields, Body,
        (code, reason, fields, body) => $"HTTP/1.1 {code}{reason}\r\n{fields}{body.Fields}\r\n{body.Body}");

    [Fact]
    public void Request_AnySplitGivesTheSameMessage() => AnySplitGivesTheSame(Request, isResponse: false);

    [Fact]
    public void Response_AnySplitGivesTheSameMessage() => AnySplitGivesTheSame(Response, isResponse: true);

    [Fact]
    public void Request_WrittenAndReadAgainIsTheSame() => WrittenIsAFixedPoint(Request, isResponse: false);

    [Fact]
    public void Response_WrittenAndReadAgainIsTheSame() => WrittenIsAFixedPoint(Response, isResponse: true);

    private static Gen<string> AnyOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static void AnySplitGivesTheSame(Gen<string> messages, bool isResponse)
        => Gen.Select(messages, Gen.Int[0, 2000].Array[0, 8]).Sample(
            (message, cuts) =>
            {
                var wire = Encoding.Latin1.GetBytes(message);
                var whole = MessageReader.Read(wire, [wire.Length], isResponse);
                var split = MessageReader.Read(wire, cuts.Select(cut => cut % (wire.Length + 1)).Order().Append(wire.Length), isResponse);
                return whole.Status == ParseStatus.Done && whole.Length == wire.Length && whole == split;
            },
            iter: 2000,
            threads: 1);

    // What is written says what was read, and writing it again changes nothing.
    private static void WrittenIsAFixedPoint(Gen<string> messages, bool isResponse)
        => messages.Sample(
            message =>
            {
                var wire = Encoding.Latin1.GetBytes(message);
                var written = MessageRewriter.Rewrite(wire, isResponse)!;
                var (first, second) = (MessageReader.Read(wire, [wire.Length], isResponse), MessageReader.Read(written, [written.Length], isResponse));
                return written.AsSpan().SequenceEqual(MessageRewriter.Rewrite(written, isResponse))
                    && (second.Status, second.Framing, second.Body, second.Length) == (ParseStatus.Done, first.Framing, first.Body, written.Length);
            },
            iter: 2000,
            threads: 1);
}
