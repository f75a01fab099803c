using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PipeProxy.Http1;

/// <content>Whole lines, out of the index.</content>
internal static partial class FieldSection
{
    // CR LF as it lies in memory.
    private static readonly ushort LineEnd = MemoryMarshal.Read<ushort>("\r\n"u8);

    /// <summary>
    /// Takes lines as long as they are whole, valid, within the limits and no longer than a window, and leaves the place at the first that
    /// is not. True: that was the empty line, and the head has ended.
    /// </summary>
    /// <param name="buffer">The head from its first byte.</param>
    /// <param name="index">A window of it, perhaps an empty one.</param>
    /// <param name="line">The first byte of the first line.</param>
    /// <param name="head">Takes the fields.</param>
    /// <param name="limits">Bounds.</param>
    public static bool ReadWholeLines(ReadOnlySpan<byte> buffer, ref HeadIndex index, int line, MessageHead head, in HeadLimits limits)
    {
        if (line == buffer.Length || limits.Field < HeadIndex.Window)
        {
            return false;
        }

        if (line >= index.End)
        {
            index.Fill(buffer, line);
        }

        ref var progress = ref head.Progress;
        var fields = head.Fields;
        ref var bytes = ref MemoryMarshal.GetReference(buffer);
        while (true)
        {
            // The fields' limit does not count the empty line.
            var bound = (int)Math.Min(index.End, (long)progress.Fields + limits.Fields);
            line = Split(ref bytes, ref index, line, bound, fields, limits.FieldCount);
            if (line + 2 <= index.End && Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref bytes, line)) == LineEnd)
            {
                progress.Line = progress.Scanned = line + 2;
                progress.Phase = HeadPhase.Done;
                return true;
            }

            progress.Line = progress.Scanned = line;

            // A window that begins further on may hold the line whole. If not, it is for the careful way.
            if (index.End == buffer.Length || line - index.Start < HeadIndex.Step)
            {
                return false;
            }

            index.Fill(buffer, line);
        }
    }

    // Without bounds checks on the bytes: each place lies between the line's first byte and the bound, which lies in the buffer.
    private static int Split(ref byte bytes, ref HeadIndex index, int line, int bound, FieldTable fields, int maxCount)
    {
        while (true)
        {
            // What ends the line before the colon is no tchar either, and so in the colon's place.
            var end = index.NextUnprintable(line);
            var colon = index.NextNonToken(line);
            if (end + 2 > bound || Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref bytes, end)) != LineEnd
                || Unsafe.Add(ref bytes, colon) != (byte)':' || colon == line || fields.Count == maxCount)
            {
                return line;
            }

            var known = KnownFields.Recognize(ref Unsafe.Add(ref bytes, line), colon - line);
            if (known == KnownField.FramingLookalike)
            {
                return line;
            }

            // ": value", as nearly everybody writes it. What is printable and not above SP is SP.
            var start = colon + 1;
            var valueEnd = end;
            if (Unsafe.Add(ref bytes, start) == (byte)' ' && Unsafe.Add(ref bytes, start + 1) > (byte)' ' && Unsafe.Add(ref bytes, end - 1) > (byte)' ')
            {
                start++;
            }
            else
            {
                while (start < valueEnd && Unsafe.Add(ref bytes, start) <= (byte)' ')
                {
                    start++;
                }

                while (valueEnd > start && Unsafe.Add(ref bytes, valueEnd - 1) <= (byte)' ')
                {
                    valueEnd--;
                }
            }

            fields.Add(new ByteRange(line, colon - line), new ByteRange(start, valueEnd - start), known);
            line = end + 2;
        }
    }
}
