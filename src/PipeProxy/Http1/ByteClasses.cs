using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PipeProxy.Http1;

/// <summary>Tells bytes apart, <see cref="Width"/> at a time: one bit per byte, the first byte's lowest.</summary>
/// <remarks>
/// A byte is a tchar when the row of its lower half has the bit of its upper half; looking up 16, 32 or 64 halves is one instruction.
/// One more than a byte, as a signed number, is at most SP for exactly the bytes that are not SP to <c>~</c>.
/// </remarks>
internal interface IByteClasses<TSelf>
    where TSelf : IByteClasses<TSelf>
{
    /// <summary>Bytes looked at in one step; at most 64.</summary>
    static abstract int Width { get; }

    /// <summary>Takes its tables.</summary>
    static abstract TSelf Create();

    /// <summary>Which bytes are no tchar (RFC 9110 section 5.6.2), and which are neither SP nor a visible ASCII character.</summary>
    void Classify(ref byte bytes, out ulong nonToken, out ulong unprintable);
}

/// <summary>One byte at a time, where there are no vectors.</summary>
internal readonly struct ByteClasses8 : IByteClasses<ByteClasses8>
{
    public static int Width => 1;

    public static ByteClasses8 Create() => default;

    public void Classify(ref byte bytes, out ulong nonToken, out ulong unprintable)
    {
        nonToken = Grammar.Token.Contains(bytes) ? 0UL : 1;
        unprintable = bytes is < (byte)' ' or > (byte)'~' ? 1UL : 0;
    }
}

/// <summary>SSSE3, or what other processors have of this width.</summary>
internal readonly struct ByteClasses128 : IByteClasses<ByteClasses128>
{
    /// <summary>Rows of the tchars.</summary>
    internal static readonly Vector128<byte> TokenRows = Vector128.Create(
        (byte)0xe8, 0xfc, 0xf8, 0xfc, 0xfc, 0xfc, 0xfc, 0xfc, 0xf8, 0xf8, 0xf4, 0x54, 0xd0, 0x54, 0xf4, 0x70);

    /// <summary>The bit of each upper half.</summary>
    internal static readonly Vector128<byte> HalfBits = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0);

    public static int Width => Vector128<byte>.Count;

    public static ByteClasses128 Create() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Classify(ref byte bytes, out ulong nonToken, out ulong unprintable)
    {
        var vector = Vector128.LoadUnsafe(ref bytes);
        var lower = vector & Vector128.Create((byte)0x0f);
        var bit = Vector128.ShuffleNative(HalfBits, vector >>> 4);
        nonToken = Vector128.Equals(Vector128.ShuffleNative(TokenRows, lower) & bit, Vector128<byte>.Zero).ExtractMostSignificantBits();
        unprintable = Vector128.GreaterThan(Vector128.Create((sbyte)(' ' + 1)), vector.AsSByte() + Vector128<sbyte>.One).ExtractMostSignificantBits();
    }
}

/// <summary>AVX2; elsewhere two of the half.</summary>
internal readonly struct ByteClasses256 : IByteClasses<ByteClasses256>
{
    private readonly Vector256<byte> _tokenRows;
    private readonly Vector256<byte> _halfBits;

    private ByteClasses256(Vector256<byte> tokenRows, Vector256<byte> halfBits) => (_tokenRows, _halfBits) = (tokenRows, halfBits);

    public static int Width => Vector256<byte>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ByteClasses256 Create() => new(Vector256.Create(ByteClasses128.TokenRows), Vector256.Create(ByteClasses128.HalfBits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Classify(ref byte bytes, out ulong nonToken, out ulong unprintable)
    {
        if (!Avx2.IsSupported)
        {
            var half = ByteClasses128.Create();
            half.Classify(ref bytes, out nonToken, out unprintable);
            half.Classify(ref Unsafe.Add(ref bytes, ByteClasses128.Width), out var upperNonToken, out var upperUnprintable);
            nonToken |= upperNonToken << ByteClasses128.Width;
            unprintable |= upperUnprintable << ByteClasses128.Width;
            return;
        }

        // The shuffle takes the lower half by itself, and gives 0 for bytes of 0x80 and more.
        var vector = Vector256.LoadUnsafe(ref bytes);
        var bit = Avx2.Shuffle(_halfBits, vector >>> 4);
        nonToken = Vector256.Equals(Avx2.Shuffle(_tokenRows, vector) & bit, Vector256<byte>.Zero).ExtractMostSignificantBits();
        unprintable = Vector256.GreaterThan(Vector256.Create((sbyte)(' ' + 1)), vector.AsSByte() + Vector256<sbyte>.One).ExtractMostSignificantBits();
    }
}

/// <summary>AVX-512 BW; elsewhere two of the half.</summary>
internal readonly struct ByteClasses512 : IByteClasses<ByteClasses512>
{
    private readonly Vector512<byte> _tokenRows;
    private readonly Vector512<byte> _halfBits;

    private ByteClasses512(Vector512<byte> tokenRows, Vector512<byte> halfBits) => (_tokenRows, _halfBits) = (tokenRows, halfBits);

    public static int Width => Vector512<byte>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ByteClasses512 Create() => new(Vector512.Create(ByteClasses128.TokenRows), Vector512.Create(ByteClasses128.HalfBits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Classify(ref byte bytes, out ulong nonToken, out ulong unprintable)
    {
        if (!Avx512BW.IsSupported)
        {
            var half = ByteClasses256.Create();
            half.Classify(ref bytes, out nonToken, out unprintable);
            half.Classify(ref Unsafe.Add(ref bytes, ByteClasses256.Width), out var upperNonToken, out var upperUnprintable);
            nonToken |= upperNonToken << ByteClasses256.Width;
            unprintable |= upperUnprintable << ByteClasses256.Width;
            return;
        }

        var vector = Vector512.LoadUnsafe(ref bytes);
        var bit = Avx512BW.Shuffle(_halfBits, vector >>> 4);
        nonToken = Vector512.Equals(Avx512BW.Shuffle(_tokenRows, vector) & bit, Vector512<byte>.Zero).ExtractMostSignificantBits();
        unprintable = Vector512.GreaterThan(Vector512.Create((sbyte)(' ' + 1)), vector.AsSByte() + Vector512<sbyte>.One).ExtractMostSignificantBits();
    }
}
