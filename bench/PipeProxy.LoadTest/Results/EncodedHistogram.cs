using System.Buffers.Binary;
using System.IO.Compression;
using HdrHistogram;
using HdrHistogram.Encoding;
using HdrHistogram.Utilities;

namespace PipeProxy.LoadTest.Results;

/// <summary>A histogram in the form that HdrHistograms of all languages read: V2, deflated.</summary>
/// <remarks>
/// <code>
/// cookie    4 bytes, big endian: 0x1c849304, and in bits 4 to 7 a word size of one byte, as counts are of varying length
/// length    4 bytes, big endian: how long the stream is
/// stream    the histogram's V2 encoding as a zlib stream (RFC 1950), checksum included
/// </code>
/// HdrHistogram.NET deflates, too, but leaves out the checksum, without which zlib calls a stream truncated.
/// </remarks>
internal static class EncodedHistogram
{
    private const int CompressedCookie = 0x1c849304 | 0x10;
    private const int HeadBytes = 8;

    internal static byte[] Of(HistogramBase histogram)
    {
        using var output = new MemoryStream();
        output.SetLength(HeadBytes);
        output.Position = HeadBytes;
        using (var zlib = new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(Plain(histogram));
        }

        var encoded = output.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(encoded, CompressedCookie);
        BinaryPrimitives.WriteInt32BigEndian(encoded.AsSpan(4), encoded.Length - HeadBytes);
        return encoded;
    }

    private static byte[] Plain(HistogramBase histogram)
    {
        var buffer = ByteBuffer.Allocate(histogram.GetNeededByteBufferCapacity());
        var plain = new byte[histogram.Encode(buffer, new HistogramEncoderV2())];
        buffer.Position = 0;
        for (var i = 0; i < plain.Length; i++)
        {
            plain[i] = buffer.Get();
        }

        return plain;
    }
}
