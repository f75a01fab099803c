using System.Globalization;
using System.Text;
using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Http1;

/// <summary>Mutated vectors. PIPEPROXY_FUZZ_SEED replays a failure, PIPEPROXY_FUZZ_ROUNDS makes it longer.</summary>
public sealed class Http1FuzzTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MutatedVectors_NeverThrowAndAnySplitGivesTheSameVerdict(bool isResponse)
    {
        var seed = Setting("PIPEPROXY_FUZZ_SEED", Environment.TickCount);
        var rounds = Setting("PIPEPROXY_FUZZ_ROUNDS", 20_000);
        output.WriteLine($"PIPEPROXY_FUZZ_SEED={seed}");
        var random = new Random(seed);
        var vectors = (isResponse ? Http1Vectors.Responses : Http1Vectors.Requests).Where(vector => vector.Wire.Length < 1024).ToList();
        for (var round = 0; round < rounds; round++)
        {
            var vector = vectors[random.Next(vectors.Count)];
            var wire = WireMutator.Mutate(vector.Bytes, vectors[random.Next(vectors.Count)].Bytes, random);

            // Now and then limits that the mutated vectors reach.
            var limits = random.Next(3) > 0 ? HeadLimits.Default
                : new HeadLimits(random.Next(10, 60), random.Next(4, 40), random.Next(8, 80), random.Next(1, 4)) { Target = random.Next(1, 40) };
            var whole = Settled(wire, [wire.Length], vector, limits);
            var bytewise = Settled(wire, Enumerable.Range(0, wire.Length + 1), vector, limits);
            var cuts = Enumerable.Range(0, 3).Select(_ => random.Next(wire.Length + 1)).Order().Append(wire.Length).ToList();
            var cut = Settled(wire, cuts, vector, limits);

            Assert.True(whole == bytewise && whole == cut, $"seed {seed}, round {round}: {Convert.ToHexString(wire)}\n{whole}\n{bytewise}\n{cut}");
            AssertSameAsReference(wire, isResponse, limits, $"seed {seed}, round {round}");
        }
    }

    // Heads longer than an index's window, lines longer and shorter, and all of them damaged in one place or none.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MadeUpHeads_ComeToWhatTheReferenceSays(bool isResponse)
    {
        var seed = Setting("PIPEPROXY_FUZZ_SEED", Environment.TickCount);
        var rounds = Setting("PIPEPROXY_FUZZ_ROUNDS", 20_000);
        output.WriteLine($"PIPEPROXY_FUZZ_SEED={seed}");
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            var wire = Encoding.Latin1.GetBytes(MakeHead(isResponse, random));
            wire = random.Next(3) == 0 ? wire : WireMutator.Mutate(wire, "\r\nHost: a\r\n"u8.ToArray(), random);
            var limits = random.Next(4) > 0 ? HeadLimits.Default
                : new HeadLimits(random.Next(20, 400), random.Next(200, 400), random.Next(200, 2000), random.Next(1, 24)) { Target = random.Next(1, 400) };
            AssertSameAsReference(wire[..(random.Next(4) == 0 ? random.Next(wire.Length + 1) : wire.Length)], isResponse, limits, $"seed {seed}, round {round}");
        }
    }

    private static void AssertSameAsReference(byte[] wire, bool isResponse, HeadLimits limits, string replay)
    {
        MessageHead head = isResponse ? new ResponseHead() : new RequestHead();
        var status = isResponse
            ? Http1Parser.ParseResponse(wire, (ResponseHead)head, limits, out var rejection)
            : Http1Parser.ParseRequest(wire, (RequestHead)head, limits, out rejection);
        head.Attach(wire);
        var own = (status, rejection, status == ParseStatus.Done ? ReferenceHeadParser.Describe(head) : "");

        var reference = ReferenceHeadParser.Read(wire, isResponse, limits);
        Assert.True(own == reference, $"{replay}: {Convert.ToHexString(wire)}\n{limits}\nparser:    {own}\nreference: {reference}");
    }

    private static string MakeHead(bool isResponse, Random random)
    {
        var names = new[] { "Accept", "Content-Type", "X-Forwarded-For", "Cookie", "Client-Cert-Chain", "access-control-max-age", "Connection", "Transfer-Encodings", "x_amzn_mtls_a" };
        var head = new StringBuilder(isResponse ? $"HTTP/1.{random.Next(2)} {random.Next(100, 1000)} {Some(" \tOkay", 40)}\r\n"
            : $"{(random.Next(2) == 0 ? "GET" : "M-SEARCH")} /{Some("ab.?/%2f", 300)} HTTP/1.{random.Next(2)}\r\nHost: {Some("aZ09.-", 40)}:{random.Next(100_000)}\r\n");
        for (var i = random.Next(24); i > 0; i--)
        {
            var name = random.Next(2) == 0 ? names[random.Next(names.Length)] : "N" + Some("aZ-_~9", 40);
            head.Append(name).Append(':').Append(Some(" \t", 3)).Append(Some("a ,;=/Z~", random.Next(4) == 0 ? 400 : 60)).Append(Some(" ", 2)).Append("\r\n");
        }

        return head.Append("\r\n").Append(Some("GET /\r\n:", 80)).ToString();

        string Some(string characters, int most) => string.Concat(Enumerable.Range(0, random.Next(most + 1)).Select(_ => characters[random.Next(characters.Length)]));
    }

    // Bodies that end with the connection grow with every piece: only the head is compared.
    private static Verdict Settled(byte[] wire, IEnumerable<int> ends, Http1Vector vector, HeadLimits limits)
    {
        var verdict = MessageReader.Read(wire, ends, vector.IsResponse, vector.RequestMethod, limits);
        return verdict.Framing is FramingKind.UntilClose or FramingKind.Tunnel ? verdict with { Body = "", Length = 0 } : verdict;
    }

    private static int Setting(string name, int otherwise)
        => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
