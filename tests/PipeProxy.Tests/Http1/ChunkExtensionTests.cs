using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed partial class ChunkExtensionTests
{
    // What the grammar turns on, letters twice so that there are tokens, and bytes that stand nowhere.
    private static readonly Gen<string> Lines = Gen.String[Gen.Char["xxyy;=\"\\ \t(\u0080\0\n\r"], 0, 12];

    // The longer a random line, the likelier it is wrong, so some are made of whole parts.
    private static readonly Gen<string> Parts = Gen.Int[0, 12].Select(static i => new[] { ";", "x", "=", "\"\"", "\"\\\"\"", "\"x;y\"", " ", "\t", ";x", ";x=y", "=\"z\"", "\"", ";x=" }[i]).Array[0, 6].Select(string.Concat);

    [Fact]
    public void Extensions_AreThoseOfTheGrammarAndNoOthers()
        => Gen.OneOf(Lines, Parts).Sample(
            static line =>
            {
                var wire = Encoding.Latin1.GetBytes($"1{line}\r\nx\r\n0\r\n\r\n");
                var decoder = default(ChunkedDecoder);

                // A line that ends earlier than it looks has its data earlier, too.
                var isAccepted = decoder.Decode(wire, out _, out var offset, out _) == DecodeStatus.Data && offset == line.Length + 3;
                return isAccepted == Extensions().IsMatch(line);
            },
            iter: 50_000,
            threads: 1);

    // RFC 9112 section 7.1.1, RFC 9110 section 5.6.
    [GeneratedRegex("""\A([ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+([ \t]*=[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+|"([\t !#-\[\]-~\u0080-\u00ff]|\\[\t -~\u0080-\u00ff])*"))?)*\z""")]
    private static partial Regex Extensions();
}
