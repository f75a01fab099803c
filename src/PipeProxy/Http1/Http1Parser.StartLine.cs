namespace PipeProxy.Http1;

/// <content>What both start lines share: the version, the limit, the change to the fields and to the end.</content>
internal static partial class Http1Parser
{
    /// <summary>
    /// Reads <c>HTTP/1.x</c> at <see cref="HeadProgress.Part"/> and what must follow it: CRLF when <paramref name="length"/> is 10, SP when it is 9.
    /// </summary>
    private static ParseStatus ReadVersion(
        ReadOnlySpan<byte> buffer, ref HeadProgress progress, in HeadLimits limits, int length, out int minor, out Http1Rejection rejection)
    {
        minor = 1;
        var rest = buffer[progress.Part..];
        var ending = length == VersionLineLength ? "\r\n"u8 : " "u8;
        if (rest.Length >= length && progress.Part + length - progress.Line <= limits.RequestLine
            && rest[8..length].SequenceEqual(ending) && rest[..7].SequenceEqual("HTTP/1."u8) && rest[7] is (byte)'1' or (byte)'0')
        {
            minor = rest[7] - '0';
            rejection = Http1Rejection.None;
            return ParseStatus.Done;
        }

        return ReadVersionSlowly(rest, progress, limits, ending, out rejection);
    }

    // The version is incomplete or wrong: byte by byte, so that the first wrong one decides however many have come.
    private static ParseStatus ReadVersionSlowly(
        ReadOnlySpan<byte> rest, in HeadProgress progress, in HeadLimits limits, ReadOnlySpan<byte> ending, out Http1Rejection rejection)
    {
        for (var i = 0; i < 8 + ending.Length; i++)
        {
            if (IsLineOverLimit(progress, progress.Part + i, limits, out rejection))
            {
                return ParseStatus.Rejected;
            }

            if (i == rest.Length)
            {
                return ParseStatus.NeedMore;
            }

            rejection = i switch
            {
                5 or 7 => Grammar.IsDigit(rest[i]) ? Http1Rejection.None : Http1Rejection.VersionMalformed,
                < 8 => rest[i] == "HTTP/1.1"u8[i] ? Http1Rejection.None : Http1Rejection.VersionMalformed,
                8 => rest[i] == ending[0] ? Http1Rejection.None
                    : rest[i] == (byte)'\n' ? Http1Rejection.BareLineFeed
                    : Http1Rejection.VersionMalformed,
                _ => rest[i] == ending[1] ? Http1Rejection.None : Http1Rejection.BareCarriageReturn,
            };
            if (rejection != Http1Rejection.None)
            {
                return ParseStatus.Rejected;
            }
        }

        rejection = Http1Rejection.VersionNotServed;
        return ParseStatus.Rejected;
    }

    // The byte at this position would make the start line longer than it may be.
    private static bool IsLineOverLimit(in HeadProgress progress, int position, in HeadLimits limits, out Http1Rejection rejection)
    {
        var over = position - progress.Line >= limits.RequestLine;
        rejection = over ? Http1Rejection.RequestLineTooLong : Http1Rejection.None;
        return over;
    }

    private static void BeginFields(ref HeadProgress progress, int position)
    {
        progress.Line = progress.Scanned = progress.Fields = position;
        progress.Phase = HeadPhase.FieldName;
    }

    // A verdict stays: the next call gives it again.
    private static ParseStatus Ended(ParseStatus status, Http1Rejection rejection, ref HeadProgress progress)
    {
        if (status == ParseStatus.Rejected)
        {
            progress.Phase = HeadPhase.Rejected;
            progress.Rejection = rejection;
        }

        return status;
    }
}
