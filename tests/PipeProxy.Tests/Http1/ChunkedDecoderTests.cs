using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed class ChunkedDecoderTests
{
    [Fact]
    public void Data_AreSlicesOfTheInput()
    {
        var decoder = default(ChunkedDecoder);
        var input = "5\r\nhel"u8;

        Assert.Equal(DecodeStatus.Data, decoder.Decode(input, out var consumed, out var offset, out var length));
        Assert.Equal((6, 3, 3), (consumed, offset, length));
        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(input[consumed..], out consumed, out _, out _));
        Assert.Equal(0, consumed);

        Assert.Equal(DecodeStatus.Data, decoder.Decode("lo\r\n0"u8, out consumed, out offset, out length));
        Assert.Equal((2, 0, 2), (consumed, offset, length));
        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode("\r\n0"u8, out consumed, out _, out _));
        Assert.Equal(3, consumed);
        Assert.Equal(DecodeStatus.Done, decoder.Decode("\r\n\r\nnext"u8, out consumed, out _, out _));
        Assert.Equal(4, consumed);
        Assert.Equal(DecodeStatus.Done, decoder.Decode("next"u8, out consumed, out _, out _));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void Trailers_AreGivenOneWholeLineAtATime()
    {
        var decoder = default(ChunkedDecoder);
        var input = Encoding.ASCII.GetBytes("0\r\nX-Sum:  1 \r\nHost: b\r\nHal");

        Assert.Equal(DecodeStatus.TrailerField, decoder.Decode(input, out var consumed, out _, out _));
        Assert.Equal(("X-Sum", "1"), (Text(decoder.TrailerName, input), Text(decoder.TrailerValue, input)));
        Assert.False(FieldFilter.Trailer.Drops(decoder.TrailerField));

        var rest = input[consumed..];
        Assert.Equal(DecodeStatus.TrailerField, decoder.Decode(rest, out consumed, out _, out _));
        Assert.Equal(("Host", "b"), (Text(decoder.TrailerName, rest), Text(decoder.TrailerValue, rest)));
        Assert.True(FieldFilter.Trailer.Drops(decoder.TrailerField));

        // Half a line stays with the caller.
        rest = rest[consumed..];
        Assert.Equal(DecodeStatus.NeedMore, decoder.Decode(rest, out consumed, out _, out _));
        Assert.Equal((3, 0), (rest.Length, consumed));
    }

    [Fact]
    public void LargestSize_IsCountedDown()
    {
        var decoder = default(ChunkedDecoder);
        var input = "7fffffffffffffff\r\nabc"u8;

        Assert.Equal(DecodeStatus.Data, decoder.Decode(input, out var consumed, out _, out var length));
        Assert.Equal((input.Length, 3), (consumed, length));
        Assert.Equal(DecodeStatus.Data, decoder.Decode("def"u8, out _, out _, out length));
        Assert.Equal(3, length);
    }

    [Fact]
    public void Rejected_StaysRejected()
    {
        var decoder = default(ChunkedDecoder);

        Assert.Equal(DecodeStatus.Rejected, decoder.Decode("x"u8, out _, out _, out _));
        Assert.Equal(DecodeStatus.Rejected, decoder.Decode("0\r\n\r\n"u8, out var consumed, out _, out _));
        Assert.Equal((0, Http1Rejection.ChunkSizeMalformed), (consumed, decoder.Rejection));
    }

    private static string Text(ByteRange range, byte[] input) => Encoding.Latin1.GetString(range.In(input));
}
