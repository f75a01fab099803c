namespace PipeProxy.Http1;

/// <content>Response heads.</content>
internal static partial class Http1Parser
{
    // HTTP-version SP
    private const int VersionAndSpaceLength = 9;

    /// <summary>Parses a response head. White space before a field's colon is taken off (RFC 9112 section 5.1); folding is refused.</summary>
    /// <param name="buffer">The bytes at hand, borrowed for the call.</param>
    /// <param name="head">Reset before the head's first call. After Done, attach the block before reading spans.</param>
    /// <param name="limits">The same in each call for one head; <see cref="HeadLimits.RequestLine"/> bounds the status line.</param>
    /// <param name="rejection">The rule that was broken; None unless Rejected.</param>
    public static ParseStatus ParseResponse(ReadOnlySpan<byte> buffer, ResponseHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        if (head.Progress.Phase == HeadPhase.Start && TryReadWhole(buffer, head, limits))
        {
            rejection = Complete(buffer, head);
            return rejection == Http1Rejection.None ? ParseStatus.Done : Ended(ParseStatus.Rejected, rejection, ref head.Progress);
        }

        return ParseResponseInSteps(buffer, head, limits, out rejection);
    }

    private static ParseStatus ParseResponseInSteps(ReadOnlySpan<byte> buffer, ResponseHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        ref var progress = ref head.Progress;
        ParseStatus status;
        rejection = Http1Rejection.None;
        switch (progress.Phase)
        {
            case HeadPhase.Done:
                return ParseStatus.Done;
            case HeadPhase.Rejected:
                rejection = progress.Rejection;
                return ParseStatus.Rejected;
            case < HeadPhase.FieldName:
                status = ReadStatusLine(buffer, head, limits, out rejection);
                if (status != ParseStatus.Done)
                {
                    return Ended(status, rejection, ref progress);
                }

                break;
        }

        status = FieldSection.Parse(buffer, head, limits, isResponse: true, out rejection);
        if (status == ParseStatus.Done)
        {
            rejection = Complete(buffer, head);
            status = rejection == Http1Rejection.None ? ParseStatus.Done : ParseStatus.Rejected;
        }

        return Ended(status, rejection, ref progress);
    }

    private static Http1Rejection Complete(ReadOnlySpan<byte> buffer, ResponseHead head)
    {
        if (!ConnectionField.TryRead(head.Fields, buffer, out var options))
        {
            return Http1Rejection.ConnectionMalformed;
        }

        head.Connection = options;
        head.Length = head.Progress.Scanned;
        return Http1Rejection.None;
    }

    // status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF; the second space is missing at many servers.
    private static ParseStatus ReadStatusLine(ReadOnlySpan<byte> buffer, ResponseHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        ref var progress = ref head.Progress;
        var status = ParseStatus.Done;
        rejection = Http1Rejection.None;
        if (progress.Phase == HeadPhase.Start)
        {
            status = ReadVersion(buffer, ref progress, limits, VersionAndSpaceLength, out var minor, out rejection);
            if (status == ParseStatus.Done)
            {
                head.MinorVersion = minor;
                progress.Part = VersionAndSpaceLength;
                progress.Phase = HeadPhase.StatusCode;
            }
        }

        if (status == ParseStatus.Done && progress.Phase == HeadPhase.StatusCode)
        {
            status = ReadStatusCode(buffer, head, limits, out rejection);
        }

        return status == ParseStatus.Done ? ReadReason(buffer, head, limits, out rejection) : status;
    }

    private static ParseStatus ReadStatusCode(ReadOnlySpan<byte> buffer, ResponseHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        ref var progress = ref head.Progress;
        var code = 0;
        for (var i = 0; i < 4; i++)
        {
            var position = progress.Part + i;
            if (IsLineOverLimit(progress, position, limits, out rejection))
            {
                return ParseStatus.Rejected;
            }

            if (position == buffer.Length)
            {
                return ParseStatus.NeedMore;
            }

            var b = buffer[position];
            var valid = i == 3 ? b is (byte)' ' or (byte)'\r' : Grammar.IsDigit(b) && (i > 0 || b != (byte)'0');
            if (!valid)
            {
                rejection = Http1Rejection.StatusCodeMalformed;
                return ParseStatus.Rejected;
            }

            code = i < 3 ? (code * 10) + (b - '0') : code;
        }

        rejection = Http1Rejection.None;
        head.StatusCode = code;
        progress.Part += buffer[progress.Part + 3] == (byte)' ' ? 4 : 3;
        progress.Scanned = progress.Part;
        progress.Phase = HeadPhase.Reason;
        return ParseStatus.Done;
    }

    // reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )
    private static ParseStatus ReadReason(ReadOnlySpan<byte> buffer, ResponseHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        ref var progress = ref head.Progress;
        var length = buffer[progress.Scanned..].IndexOfAny(Grammar.Control);
        var stop = length < 0 ? buffer.Length : progress.Scanned + length;
        progress.Scanned = stop;
        if (IsLineOverLimit(progress, stop, limits, out rejection))
        {
            return ParseStatus.Rejected;
        }

        if (length < 0)
        {
            return ParseStatus.NeedMore;
        }

        if (buffer[stop] != (byte)'\r')
        {
            rejection = buffer[stop] == (byte)'\n' ? Http1Rejection.BareLineFeed : Http1Rejection.ReasonCharacter;
            return ParseStatus.Rejected;
        }

        if (IsLineOverLimit(progress, stop + 1, limits, out rejection))
        {
            return ParseStatus.Rejected;
        }

        if (stop + 1 == buffer.Length)
        {
            return ParseStatus.NeedMore;
        }

        if (buffer[stop + 1] != (byte)'\n')
        {
            rejection = Http1Rejection.BareCarriageReturn;
            return ParseStatus.Rejected;
        }

        head.ReasonRange = new ByteRange(progress.Part, stop - progress.Part);
        BeginFields(ref progress, stop + 2);
        return ParseStatus.Done;
    }
}
