using System.Buffers.Binary;
using System.IO.Compression;
using HdrHistogram;
using HdrHistogram.Utilities;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.Tests.LoadTest;

public sealed class EncodedHistogramTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void Stream_IsWholeZlib(int values)
    {
        var encoded = EncodedHistogram.Of(Histogram(values));
        Assert.Equal(0x1c849314, BinaryPrimitives.ReadInt32BigEndian(encoded));
        var stream = encoded[8..];
        Assert.Equal(stream.Length, BinaryPrimitives.ReadInt32BigEndian(encoded.AsSpan(4)));

        using ZLibStream zlib = new(new MemoryStream(stream), CompressionMode.Decompress);
        using MemoryStream plain = new();
        zlib.CopyTo(plain);

        // RFC 1950 section 2.2: the last four bytes are the checksum of what was deflated. .NET's reader does not ask for it; others do.
        Assert.Equal(Adler32(plain.ToArray()), BinaryPrimitives.ReadUInt32BigEndian(stream.AsSpan(stream.Length - 4)));

        // The V2 encoding: its own cookie, and in the second word the length of what follows the head of 40 bytes.
        Assert.Equal(0x1c849313, BinaryPrimitives.ReadInt32BigEndian(plain.ToArray()));
        Assert.Equal(plain.Length - 40, BinaryPrimitives.ReadInt32BigEndian(plain.ToArray().AsSpan(4)));
    }

    [Fact]
    public void Histogram_IsReadBackByItsLibrary()
    {
        var read = HistogramEncoding.DecodeFromCompressedByteBuffer(ByteBuffer.Allocate(EncodedHistogram.Of(Histogram(1000))), 0);
        Assert.Equal(1000, read.TotalCount);
        Assert.Equal(Histogram(1000).GetValueAtPercentile(99), read.GetValueAtPercentile(99));
    }

    private static LongHistogram Histogram(int values)
    {
        LongHistogram histogram = new(1, 3_600_000_000_000, 3);
        for (var i = 1; i <= values; i++)
        {
            histogram.RecordValue(i * 1_000_000L);
        }

        return histogram;
    }

    private static uint Adler32(byte[] bytes)
    {
        uint a = 1, b = 0;
        foreach (var one in bytes)
        {
            a = (a + one) % 65521;
            b = (b + a) % 65521;
        }

        return (b << 16) | a;
    }
}
