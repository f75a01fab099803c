using BenchmarkDotNet.Attributes;
using PipeProxy.Http1;

namespace PipeProxy.Microbenchmarks;

/// <summary>A chunked body with its last chunk, decoded whole.</summary>
[MemoryDiagnoser]
public class ChunkedDecoderBenchmark
{
    private byte[] _wire = [];

    /// <summary>Bytes per chunk; the body has 16 KiB.</summary>
    [Params(16, 1024, 16384)]
    public int Chunk { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var chunk = $"{Chunk:x}\r\n{new string('a', Chunk)}\r\n";
        _wire = System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(chunk, 16384 / Chunk)) + "0\r\n\r\n");
    }

    [Benchmark]
    public long Decode()
    {
        var decoder = default(ChunkedDecoder);
        ReadOnlySpan<byte> rest = _wire;
        long data = 0;
        while (true)
        {
            var status = decoder.Decode(rest, out var consumed, out _, out var length);
            rest = rest[consumed..];
            if (status != DecodeStatus.Data)
            {
                return status == DecodeStatus.Done ? data : throw new InvalidOperationException(status.ToString());
            }

            data += length;
        }
    }
}
