using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PipeProxy.Http1;

/// <summary>Where, in a window of a head, the bytes are that end a name and the bytes that end a line: one bit each per byte.</summary>
/// <remarks>
/// What ends a line here is more than what the grammar says: HTAB and obs-text may stand in a value, but a line with them is for the
/// careful way. Two instructions less per vector for what hardly anybody sends.
/// Made with the widest vectors at hand, 64 bytes at a step, before any byte is judged: so the work on one step does not wait for what
/// the step before it found. The parser then walks from bit to bit. Every width makes the same bits.
/// </remarks>
internal struct HeadIndex
{
    /// <summary>Bytes in a window: most heads of load generators and origins whole, and little wasted on what is behind them.</summary>
    public const int Window = 256;

    /// <summary>Where windows may begin: multiples of this.</summary>
    public const int Step = 64;

    private const int WordBits = Step;

    // A search from any place of the window ends at a set bit: those behind the last byte are set, if need be in one word more.
    private Words _nonToken;
    private Words _unprintable;

    /// <summary>First byte of the window, counted in the buffer; a multiple of 64.</summary>
    public int Start { get; private set; }

    /// <summary>One behind the last byte of the window.</summary>
    public int End { get; private set; }

    /// <summary>Makes the window empty.</summary>
    public void Clear() => (Start, End) = (0, 0);

    /// <summary>Moves the window so that it begins at, or a little before, a place of the buffer.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Fill(ReadOnlySpan<byte> buffer, int place)
    {
        if (Vector512.IsHardwareAccelerated && buffer.Length >= ByteClasses512.Width)
        {
            Fill<ByteClasses512>(buffer, place);
        }
        else if (Vector256.IsHardwareAccelerated && buffer.Length >= ByteClasses256.Width)
        {
            Fill<ByteClasses256>(buffer, place);
        }
        else if (Vector128.IsHardwareAccelerated && buffer.Length >= ByteClasses128.Width)
        {
            Fill<ByteClasses128>(buffer, place);
        }
        else
        {
            Fill<ByteClasses8>(buffer, place);
        }
    }

    /// <summary>The same at one width. The buffer has at least as many bytes as that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fill<TClasses>(ReadOnlySpan<byte> buffer, int place)
        where TClasses : IByteClasses<TClasses>
    {
        Debug.Assert(place <= buffer.Length && buffer.Length >= TClasses.Width, "The window begins in the buffer, which holds a vector.");
        var classes = TClasses.Create();
        ref var nonTokens = ref Unsafe.As<Words, ulong>(ref _nonToken);
        ref var unprintables = ref Unsafe.As<Words, ulong>(ref _unprintable);
        ref var first = ref MemoryMarshal.GetReference(buffer);
        Start = place & ~(WordBits - 1);
        End = Math.Min(Start + Window, buffer.Length);
        var at = Start;
        for (; at <= End - WordBits; at += WordBits)
        {
            classes.Classify(ref Unsafe.Add(ref first, at), out var nonToken, out var unprintable);
            for (var part = TClasses.Width; part < WordBits; part += TClasses.Width)
            {
                classes.Classify(ref Unsafe.Add(ref first, at + part), out var nonTokenPart, out var unprintablePart);
                nonToken |= nonTokenPart << part;
                unprintable |= unprintablePart << part;
            }

            nonTokens = nonToken;
            unprintables = unprintable;
            nonTokens = ref Unsafe.Add(ref nonTokens, 1);
            unprintables = ref Unsafe.Add(ref unprintables, 1);
        }

        // Bytes that do not fill a word: the last vector is taken so that it ends with the buffer, and what is known already shifted out.
        var (lastNonToken, lastUnprintable) = (ulong.MaxValue << End, ulong.MaxValue << End);
        for (; at < End; at += TClasses.Width)
        {
            var from = Math.Min(at, buffer.Length - TClasses.Width);
            classes.Classify(ref Unsafe.Add(ref first, from), out var nonTokenPart, out var unprintablePart);
            lastNonToken |= (nonTokenPart >> (at - from)) << at;
            lastUnprintable |= (unprintablePart >> (at - from)) << at;
        }

        nonTokens = lastNonToken;
        unprintables = lastUnprintable;
    }

    /// <summary>The first byte at or behind a place of the window that is no tchar; <see cref="End"/> or more when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextNonToken(int place) => Next(ref Unsafe.As<Words, ulong>(ref _nonToken), place);

    /// <summary>The first byte at or behind a place of the window that is neither SP nor a visible ASCII character; <see cref="End"/> or more when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int NextUnprintable(int place) => Next(ref Unsafe.As<Words, ulong>(ref _unprintable), place);

    // Without bounds checks: the word of End, at the latest, has bits set.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Next(ref ulong words, int place)
    {
        var word = (uint)(place - Start) / WordBits;
        var bits = Unsafe.Add(ref words, word) >> place;
        while (bits == 0)
        {
            place = (place | (WordBits - 1)) + 1;
            bits = Unsafe.Add(ref words, ++word);
        }

        return place + BitOperations.TrailingZeroCount(bits);
    }

    [InlineArray((Window / WordBits) + 1)]
    private struct Words
    {
        private ulong _word;
    }
}
