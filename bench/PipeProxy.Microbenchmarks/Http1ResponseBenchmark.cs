using System.Buffers;
using BenchmarkDotNet.Attributes;
using PipeProxy.Http1;

namespace PipeProxy.Microbenchmarks;

/// <summary>One response head: parsed, and parsed and written for the client.</summary>
[MemoryDiagnoser]
public class Http1ResponseBenchmark
{
    private readonly ResponseHead _head = new();
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly byte[] _wire = Http1Heads.Response;

    [GlobalSetup]
    public void Setup() => Console.WriteLine($"// {_wire.Length} bytes, {(Whole() ? _head.Fields.Count : -1)} fields");

    [Benchmark(Baseline = true)]
    public bool Whole()
    {
        _head.Reset();
        var done = Http1Parser.ParseResponse(_wire, _head, HeadLimits.Default, out _) == ParseStatus.Done;
        _head.Attach(_wire);
        return done && MessageFraming.OfResponse(_head, HttpMethodKind.Get).Kind == FramingKind.Length;
    }

    [Benchmark]
    public int ParsedAndWritten()
    {
        _ = Whole();
        _output.ResetWrittenCount();
        var writer = new Http1Writer(_output, 1024);
        writer.WriteStatusLine(_head);
        writer.CopyEndToEndFields(_head.Fields, FieldFilter.Response);
        writer.Write("Via: 1.1 pipeproxy\r\n"u8);
        writer.WriteFraming(new MessageFraming(FramingKind.Length, 1024, Http1Rejection.None));
        writer.WriteLineEnd();
        writer.Commit();
        return _output.WrittenCount;
    }
}
