using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

/// <summary>Every width makes the bits that one byte at a time makes. A width that the processor lacks is put together from halves, so its code runs too.</summary>
public sealed class HeadIndexTests
{
    [Fact]
    public void EveryByte_IsInItsClasses()
    {
        var bytes = Enumerable.Range(0, 256).Select(b => (byte)b).ToArray();

        Assert.All(Indexes(bytes, 0), index =>
        {
            Assert.Equal((0, 256), (index.Start, index.End));
            for (var place = 0; place < bytes.Length; place++)
            {
                Assert.Equal(NextOf(bytes, place, b => !Grammar.Token.Contains(b)), index.NextNonToken(place));
                Assert.Equal(NextOf(bytes, place, b => b is < 0x20 or > 0x7e), index.NextUnprintable(place));
            }
        });
    }

    // Lengths around every step, windows at every place; what follows the buffer would be found at once.
    [Fact]
    public void AnyLengthAndPlace_GivesTheSameBits()
    {
        var random = new Random(1);
        for (var length = 1; length <= 700; length += random.Next(1, 8))
        {
            var around = new byte[length + 64];
            Array.Fill(around, (byte)'a');
            for (var i = random.Next(40); i < length; i += random.Next(1, 120))
            {
                around[i] = "\r\n:; \t\0\u007f\u0080"u8[random.Next(10)];
            }

            var place = random.Next(length);
            foreach (var index in Indexes(around.AsSpan(0, length), place))
            {
                var end = Math.Min(length, index.Start + HeadIndex.Window);
                Assert.True(index.Start <= place && index.Start > place - HeadIndex.Step && index.Start % HeadIndex.Step == 0);
                Assert.Equal(end, index.End);
                for (var from = place; from <= end; from++)
                {
                    Assert.Equal(NextOf(around.AsSpan(0, end), from, b => !Grammar.Token.Contains(b)), Math.Min(end, index.NextNonToken(from)));
                    Assert.Equal(NextOf(around.AsSpan(0, end), from, b => b is < 0x20 or > 0x7e), Math.Min(end, index.NextUnprintable(from)));
                }
            }
        }
    }

    // .ci/run counts on these switches. Their names have changed between versions of .NET, and a wrong one is ignored in silence.
    [Fact]
    public void SwitchedOff_IsOff()
    {
        Assert.False(IsZero("DOTNET_EnableAVX512") && (Avx512BW.IsSupported || Vector512.IsHardwareAccelerated));
        Assert.False(IsZero("DOTNET_EnableAVX2") && (Avx2.IsSupported || Vector256.IsHardwareAccelerated));
        Assert.False(IsZero("DOTNET_EnableHWIntrinsic") && (Ssse3.IsSupported || Vector128.IsHardwareAccelerated));
    }

    // The widths that the buffer is long enough for, and the one that the parser takes.
    private static List<HeadIndex> Indexes(ReadOnlySpan<byte> buffer, int place)
    {
        var indexes = new List<HeadIndex>();
        var index = default(HeadIndex);
        index.Fill(buffer, place);
        indexes.Add(index);
        index.Fill<ByteClasses8>(buffer, place);
        indexes.Add(index);
        if (buffer.Length >= ByteClasses128.Width)
        {
            index.Fill<ByteClasses128>(buffer, place);
            indexes.Add(index);
        }

        if (buffer.Length >= ByteClasses256.Width)
        {
            index.Fill<ByteClasses256>(buffer, place);
            indexes.Add(index);
        }

        if (buffer.Length >= ByteClasses512.Width)
        {
            index.Fill<ByteClasses512>(buffer, place);
            indexes.Add(index);
        }

        return indexes;
    }

    private static bool IsZero(string name) => Environment.GetEnvironmentVariable(name) == "0";

    private static int NextOf(ReadOnlySpan<byte> bytes, int from, Func<byte, bool> matches)
    {
        while (from < bytes.Length && !matches(bytes[from]))
        {
            from++;
        }

        return from;
    }
}
