using PipeProxy.Http1;
using PipeProxy.Testing;

namespace PipeProxy.Fuzz;

/// <summary>What is fuzzed. Each target takes any bytes, and throws where the code under test breaks a promise.</summary>
internal sealed class FuzzTarget
{
    // The reference parser works with exceptions and strings; it looks at one input of this many in a long run.
    private const int ReferenceInterval = 16;

    private readonly Action<FuzzTarget, byte[]> _run;
    private readonly RequestHead _wholeRequest = new();
    private readonly RequestHead _cutRequest = new();
    private readonly ResponseHead _wholeResponse = new();
    private readonly ResponseHead _cutResponse = new();
    private long _runs;

    private FuzzTarget(string name, IReadOnlyList<byte[]> seeds, Action<FuzzTarget, byte[]> run)
    {
        Name = name;
        Seeds = seeds;
        _run = run;
    }

    public string Name { get; }

    /// <summary>Inputs to begin with: the wire vectors.</summary>
    public IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Whether every input is compared with the reference parser, or now and then one.</summary>
    public bool IsThorough { get; init; } = true;

    /// <summary>The targets: request heads, response heads, chunked bodies.</summary>
    public static IEnumerable<FuzzTarget> All(bool isThorough) =>
    [
        new("request", SeedsOf(Http1Vectors.Requests), static (target, input) => target.RunHead(input, isResponse: false)) { IsThorough = isThorough },
        new("response", SeedsOf(Http1Vectors.Responses), static (target, input) => target.RunHead(input, isResponse: true)) { IsThorough = isThorough },
        new("chunked", [.. Http1Vectors.ChunkedWires.Where(wire => wire.Length < 1024)], static (_, input) => RunChunked(input)) { IsThorough = isThorough },
    ];

    /// <summary>Gives the code under test one input.</summary>
    /// <exception cref="FuzzException">A promise is broken.</exception>
    public void Run(byte[] input)
    {
        _run(this, input);
        _runs++;
    }

    // Whole and in two pieces, with the same result; a head that is accepted goes on as a head that means the same.
    private void RunHead(byte[] input, bool isResponse)
    {
        MessageHead whole = isResponse ? _wholeResponse : _wholeRequest;
        MessageHead cut = isResponse ? _cutResponse : _cutRequest;
        var status = Parse(whole, input, out var rejection);

        cut.Reset();
        var middle = input.Length == 0 ? 0 : (input[0] + (input[^1] * 31) + (int)(_runs & 0xff)) % input.Length;
        var cutStatus = ParseOn(cut, input.AsSpan(0, middle), out var cutRejection);
        cutStatus = cutStatus == ParseStatus.NeedMore ? ParseOn(cut, input, out cutRejection) : cutStatus;
        Require((status, rejection) == (cutStatus, cutRejection), $"{status} {rejection} whole, {cutStatus} {cutRejection} after {middle} bytes.");
        Require(status == ParseStatus.Rejected == (rejection != Http1Rejection.None), $"{status} and {rejection}.");
        if (status == ParseStatus.Done)
        {
            Require(whole.Length <= input.Length && whole.Length == cut.Length && whole.Fields.Count == cut.Fields.Count, "Whole and cut differ in length.");
            for (var i = 0; i < whole.Fields.Count; i++)
            {
                Require(whole.Fields[i] == cut.Fields[i], $"Whole and cut differ in field {i}.");
            }
        }

        if (IsThorough || _runs % ReferenceInterval == 0)
        {
            CompareWithReference(whole, input, (status, rejection), isResponse);
        }
    }

    private static void CompareWithReference(MessageHead head, byte[] input, (ParseStatus Status, Http1Rejection Rejection) own, bool isResponse)
    {
        var reference = ReferenceHeadParser.Read(input, isResponse, HeadLimits.Default);
        Require(own == (reference.Status, reference.Rejection), $"{own}; the reference says {reference.Status} {reference.Rejection}.");
        if (own.Status != ParseStatus.Done)
        {
            return;
        }

        head.Attach(input);
        Require(ReferenceHeadParser.Describe(head) == reference.Head, "The reference reads another head.");
        if (MessageRewriter.Rewrite(input, isResponse) is { } written)
        {
            Require(MessageRewriter.Rewrite(written, isResponse) is { } again && again.AsSpan().SequenceEqual(written), "Written and read again it is another message.");
        }
    }

    private static ParseStatus Parse(MessageHead head, byte[] input, out Http1Rejection rejection)
    {
        head.Reset();
        return ParseOn(head, input, out rejection);
    }

    private static ParseStatus ParseOn(MessageHead head, ReadOnlySpan<byte> input, out Http1Rejection rejection) => head is RequestHead request
        ? Http1Parser.ParseRequest(input, request, HeadLimits.Default, out rejection)
        : Http1Parser.ParseResponse(input, (ResponseHead)head, HeadLimits.Default, out rejection);

    // At once and a byte at a time: the same end and the same number of data bytes.
    private static void RunChunked(byte[] input)
    {
        var whole = Decode(input, step: input.Length);
        var slow = Decode(input, step: 1);
        Require(whole == slow, $"{whole} at once, {slow} a byte at a time.");
    }

    private static (DecodeStatus Status, Http1Rejection Rejection, long Data, long Hash, int Consumed) Decode(byte[] input, int step)
    {
        var decoder = default(ChunkedDecoder);
        var (position, data, hash) = (0, 0L, 17L);
        for (var end = Math.Min(step, input.Length); ; end = Math.Min(end + step, input.Length))
        {
            while (true)
            {
                var status = decoder.Decode(input.AsSpan(position, end - position), out var consumed, out var offset, out var length);
                Require(consumed >= 0 && consumed <= end - position && offset >= 0 && offset + length <= consumed, "It consumed what it was not given.");
                foreach (var b in input.AsSpan(position + offset, length))
                {
                    hash = (hash * 31) + b;
                }

                position += consumed;
                data += length;
                if (status is DecodeStatus.Done or DecodeStatus.Rejected)
                {
                    return (status, decoder.Rejection, data, hash, status == DecodeStatus.Done ? position : 0);
                }

                if (status == DecodeStatus.NeedMore)
                {
                    break;
                }
            }

            if (end == input.Length)
            {
                return (DecodeStatus.NeedMore, Http1Rejection.None, data, hash, 0);
            }
        }
    }

    private static List<byte[]> SeedsOf(IEnumerable<Http1Vector> vectors) => [.. vectors.Where(vector => vector.Wire.Length < 1024).Select(vector => vector.Bytes)];

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FuzzException(otherwise);
        }
    }
}

/// <summary>A promise is broken; the text says which.</summary>
internal sealed class FuzzException(string message) : Exception(message);
