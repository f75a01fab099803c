using System.Buffers;
using BenchmarkDotNet.Attributes;
using PipeProxy.Http1;

namespace PipeProxy.Microbenchmarks;

/// <summary>One request head: parsed whole, parsed in pieces, and parsed and written for the origin.</summary>
[MemoryDiagnoser]
public class Http1ParserBenchmark
{
    private readonly RequestHead _head = new();
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly KestrelParser _kestrel = new();
    private readonly KestrelConnection _connection = new();
    private byte[] _wire = [];

    [Params("Small", "Browser")]
    public string Head { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _wire = Head == "Small" ? Http1Heads.Small : Http1Heads.Browser;
        if (!Whole() || !KestrelSplitting() || !KestrelParsing() || !KestrelSameHead() || !KestrelOtherHead() || !KestrelOtherHead())
        {
            throw new InvalidOperationException("One of them does not take the head, so its time means nothing.");
        }

        Console.WriteLine($"// {Head}: {_wire.Length} bytes, {(Whole() ? _head.Fields.Count : -1)} fields");
    }

    [Benchmark(Baseline = true)]
    public bool Whole()
    {
        _head.Reset();
        var done = Http1Parser.ParseRequest(_wire, _head, HeadLimits.Default, out _) == ParseStatus.Done;
        _head.Attach(_wire);
        return done && MessageFraming.OfRequest(_head).Kind == FramingKind.None;
    }

    /// <summary>Less work: see <see cref="KestrelParser"/>.</summary>
    [Benchmark]
    public bool KestrelSplitting() => _kestrel.Split(_wire);

    /// <summary>The same work, with our parts.</summary>
    [Benchmark]
    public bool KestrelParsing() => _kestrel.Parse(_wire);

    /// <summary>Kestrel as it stands, with its own parts, when each head equals the one before.</summary>
    [Benchmark]
    public bool KestrelSameHead() => _connection.Parse(_wire);

    /// <summary>And when values differ from head to head.</summary>
    [Benchmark]
    public bool KestrelOtherHead() => _connection.ParseChanging(_wire);

    [Benchmark]
    public bool InPiecesOf16()
    {
        _head.Reset();
        var status = ParseStatus.NeedMore;
        for (var end = 16; status == ParseStatus.NeedMore; end += 16)
        {
            status = Http1Parser.ParseRequest(_wire.AsSpan(0, Math.Min(end, _wire.Length)), _head, HeadLimits.Default, out _);
        }

        return status == ParseStatus.Done;
    }

    [Benchmark]
    public int ParsedAndWritten()
    {
        _ = Whole();
        _output.ResetWrittenCount();
        var writer = new Http1Writer(_output, 1024);
        writer.WriteRequestLine(_head.MethodSpan, _head.Target);
        writer.WriteField("Host"u8, "origin.example"u8);
        writer.CopyEndToEndFields(_head.Fields, FieldFilter.Request);
        writer.WriteLineEnd();
        writer.Commit();
        return _output.WrittenCount;
    }
}
