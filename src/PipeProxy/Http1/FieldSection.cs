using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PipeProxy.Http1;

/// <summary>Parses field lines (RFC 9112 section 5) from a head that may arrive in any pieces.</summary>
/// <remarks>
/// The first byte that is no token must be the colon, the first control character after it must be the CR. Here each is searched for.
/// Every verdict depends only on the bytes up to the one that causes it, so it is the same for any split.
/// </remarks>
internal static partial class FieldSection
{
    /// <summary>Goes on from <see cref="MessageHead.Progress"/>; after Done, <see cref="HeadProgress.Scanned"/> is the head's length.</summary>
    /// <param name="buffer">The head from its first byte.</param>
    /// <param name="head">Takes the fields.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="isResponse">Whether white space before a colon is taken off (RFC 9112 section 5.1) instead of refused.</param>
    /// <param name="rejection">The broken rule.</param>
    [SkipLocalsInit]
    public static ParseStatus Parse(ReadOnlySpan<byte> buffer, MessageHead head, in HeadLimits limits, bool isResponse, out Http1Rejection rejection)
    {
        Unsafe.SkipInit(out HeadIndex index);
        index.Clear();
        ref var progress = ref head.Progress;
        while (true)
        {
            // At a line's first byte: it and those behind it may lie whole in the buffer.
            if (progress.Scanned == progress.Line && progress.Phase == HeadPhase.FieldName && ReadWholeLines(buffer, ref index, progress.Line, head, limits))
            {
                return Step(out rejection);
            }

            var status = progress.Phase switch
            {
                HeadPhase.FieldName => ReadName(buffer, ref progress, head.Fields, limits, isResponse, out rejection),
                HeadPhase.FieldNameSpace => ReadNameSpace(buffer, ref progress, limits, out rejection),
                _ => ReadValue(buffer, ref progress, head.Fields, limits, out rejection),
            };
            if (status != ParseStatus.Done || progress.Phase == HeadPhase.Done)
            {
                return status;
            }
        }
    }

    // Done means: the phase has moved on.
    private static ParseStatus ReadName(
        ReadOnlySpan<byte> buffer, ref HeadProgress progress, FieldTable fields, in HeadLimits limits, bool isResponse, out Http1Rejection rejection)
    {
        var start = progress.Line;
        var length = buffer[progress.Scanned..].IndexOfAnyExcept(Grammar.Token);
        if (length < 0)
        {
            progress.Scanned = buffer.Length;
            return NeedMore(progress, buffer.Length, limits, out rejection);
        }

        var stop = progress.Scanned + length;
        var b = buffer[stop];
        if (stop == start)
        {
            return ReadLineStart(buffer, b, ref progress, out rejection);
        }

        if (IsOverLimit(progress, stop, limits, out rejection))
        {
            return ParseStatus.Rejected;
        }

        if (fields.Count == limits.FieldCount)
        {
            return Reject(Http1Rejection.TooManyFields, out rejection);
        }

        progress.Name = new ByteRange(start, stop - start);
        progress.Scanned = stop + 1;
        switch (b)
        {
            case (byte)':':
                progress.Part = stop + 1;
                progress.Phase = HeadPhase.FieldValue;
                return Step(out rejection);
            case (byte)' ' or (byte)'\t' when isResponse:
                progress.Phase = HeadPhase.FieldNameSpace;
                return Step(out rejection);
            case (byte)' ' or (byte)'\t':
                return Reject(Http1Rejection.FieldNameSpace, out rejection);
            case (byte)'\r' or (byte)'\n':
                return Reject(Http1Rejection.FieldColonMissing, out rejection);
            default:
                return Reject(Http1Rejection.FieldNameCharacter, out rejection);
        }
    }

    // The first byte of a line is no token: the end of the head, or an error.
    private static ParseStatus ReadLineStart(ReadOnlySpan<byte> buffer, byte b, ref HeadProgress progress, out Http1Rejection rejection)
    {
        switch (b)
        {
            case (byte)'\r':
                if (progress.Line + 1 == buffer.Length)
                {
                    rejection = Http1Rejection.None;
                    return ParseStatus.NeedMore;
                }

                if (buffer[progress.Line + 1] != (byte)'\n')
                {
                    return Reject(Http1Rejection.BareCarriageReturn, out rejection);
                }

                progress.Scanned = progress.Line + 2;
                progress.Phase = HeadPhase.Done;
                return Step(out rejection);
            case (byte)'\n':
                return Reject(Http1Rejection.BareLineFeed, out rejection);
            case (byte)' ' or (byte)'\t':
                return Reject(progress.Line == progress.Fields ? Http1Rejection.LeadingSpace : Http1Rejection.LineFolding, out rejection);
            case (byte)':':
                return Reject(Http1Rejection.FieldNameEmpty, out rejection);
            default:
                return Reject(Http1Rejection.FieldNameCharacter, out rejection);
        }
    }

    private static ParseStatus ReadNameSpace(ReadOnlySpan<byte> buffer, ref HeadProgress progress, in HeadLimits limits, out Http1Rejection rejection)
    {
        var length = buffer[progress.Scanned..].IndexOfAnyExcept((byte)' ', (byte)'\t');
        if (length < 0)
        {
            progress.Scanned = buffer.Length;
            return NeedMore(progress, buffer.Length, limits, out rejection);
        }

        var stop = progress.Scanned + length;
        if (IsOverLimit(progress, stop, limits, out rejection))
        {
            return ParseStatus.Rejected;
        }

        if (buffer[stop] != (byte)':')
        {
            return Reject(Http1Rejection.FieldNameSpace, out rejection);
        }

        progress.Scanned = progress.Part = stop + 1;
        progress.Phase = HeadPhase.FieldValue;
        return Step(out rejection);
    }

    private static ParseStatus ReadValue(ReadOnlySpan<byte> buffer, ref HeadProgress progress, FieldTable fields, in HeadLimits limits, out Http1Rejection rejection)
    {
        var length = buffer[progress.Scanned..].IndexOfAny(Grammar.Control);
        if (length < 0)
        {
            progress.Scanned = buffer.Length;
            return NeedMore(progress, buffer.Length, limits, out rejection);
        }

        var stop = progress.Scanned + length;
        if (IsOverLimit(progress, stop, limits, out rejection))
        {
            return ParseStatus.Rejected;
        }

        if (buffer[stop] != (byte)'\r')
        {
            return Reject(buffer[stop] == (byte)'\n' ? Http1Rejection.BareLineFeed : Http1Rejection.FieldValueCharacter, out rejection);
        }

        progress.Scanned = stop;
        if (stop + 1 == buffer.Length)
        {
            return NeedMore(progress, buffer.Length, limits, out rejection);
        }

        if (IsOverLimit(progress, stop + 1, limits, out rejection))
        {
            return ParseStatus.Rejected;
        }

        if (buffer[stop + 1] != (byte)'\n')
        {
            return Reject(Http1Rejection.BareCarriageReturn, out rejection);
        }

        var known = KnownFields.Recognize(progress.Name.In(buffer));
        if (known == KnownField.FramingLookalike)
        {
            return Reject(Http1Rejection.FramingLookalike, out rejection);
        }

        fields.Add(progress.Name, Grammar.Trim(buffer, progress.Part, stop), known);
        progress.Line = progress.Scanned = stop + 2;
        progress.Phase = HeadPhase.FieldName;
        return Step(out rejection);
    }

    // The byte at this position is one too many when a line with it and all before it is over a limit.
    private static bool IsOverLimit(in HeadProgress progress, int position, in HeadLimits limits, out Http1Rejection rejection)
    {
        var left = limits.Fields - (progress.Line - progress.Fields);
        var over = position - progress.Line >= Math.Min(limits.Field, left);
        rejection = !over ? Http1Rejection.None : limits.Field <= left ? Http1Rejection.FieldTooLong : Http1Rejection.FieldsTooLarge;
        return over;
    }

    // Everything at hand belongs to a line whose end, at least one more byte, is to come.
    private static ParseStatus NeedMore(in HeadProgress progress, int length, in HeadLimits limits, out Http1Rejection rejection)
    {
        Debug.Assert(length >= progress.Line, "The line begins in the buffer.");
        if (length > progress.Line && IsOverLimit(progress, length, limits, out rejection))
        {
            return ParseStatus.Rejected;
        }

        rejection = Http1Rejection.None;
        return ParseStatus.NeedMore;
    }

    private static ParseStatus Step(out Http1Rejection rejection)
    {
        rejection = Http1Rejection.None;
        return ParseStatus.Done;
    }

    private static ParseStatus Reject(Http1Rejection reason, out Http1Rejection rejection)
    {
        rejection = reason;
        return ParseStatus.Rejected;
    }
}
