using System.Text;

namespace PipeProxy.Http1;

/// <summary>Parses HTTP/1.1 heads (RFC 9112) into offset tables, without copying, allocating or throwing.</summary>
/// <remarks>
/// The buffer always begins with the head's first byte. After <see cref="ParseStatus.NeedMore"/> the call is repeated with at least the
/// same bytes; the place is kept in the head, so the whole work is linear however the bytes arrive, and so is the verdict the same.
/// What follows the head in the buffer has no say.
/// There are two ways through a head. What lies whole in the buffer is taken line by line out of a <see cref="HeadIndex"/>; the line that
/// this cannot vouch for, because it is incomplete, long, unusual or wrong, is read by searches that stop at the byte which decides. Only
/// they refuse, so a refusal has one place and one name.
/// </remarks>
internal static partial class Http1Parser
{
    // HTTP-version CRLF
    private const int VersionLineLength = 10;

    /// <summary>Parses a request head. One empty line before it is skipped (RFC 9112 section 2.2) and counted in its length.</summary>
    /// <param name="buffer">The bytes at hand, borrowed for the call.</param>
    /// <param name="head">Reset before the head's first call. After Done, attach the block before reading spans.</param>
    /// <param name="limits">The same in each call for one head.</param>
    /// <param name="rejection">The rule that was broken; None unless Rejected.</param>
    public static ParseStatus ParseRequest(ReadOnlySpan<byte> buffer, RequestHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        if (head.Progress.Phase == HeadPhase.Start && TryReadWhole(buffer, head, limits))
        {
            rejection = Complete(buffer, head);
            return rejection == Http1Rejection.None ? ParseStatus.Done : Ended(ParseStatus.Rejected, rejection, ref head.Progress);
        }

        return ParseRequestInSteps(buffer, head, limits, out rejection);
    }

    private static ParseStatus ParseRequestInSteps(ReadOnlySpan<byte> buffer, RequestHead head, in HeadLimits limits, out Http1Rejection rejection)
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
                status = ReadRequestLine(buffer, head, limits, out rejection);
                if (status != ParseStatus.Done)
                {
                    return Ended(status, rejection, ref progress);
                }

                break;
        }

        status = FieldSection.Parse(buffer, head, limits, isResponse: false, out rejection);
        if (status == ParseStatus.Done)
        {
            rejection = Complete(buffer, head);
            status = rejection == Http1Rejection.None ? ParseStatus.Done : ParseStatus.Rejected;
        }

        return Ended(status, rejection, ref progress);
    }

    // request-line = method SP request-target SP HTTP-version CRLF
    private static ParseStatus ReadRequestLine(ReadOnlySpan<byte> buffer, RequestHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        ref var progress = ref head.Progress;
        var status = ParseStatus.Done;
        rejection = Http1Rejection.None;
        if (progress.Phase == HeadPhase.Start)
        {
            status = SkipEmptyLine(buffer, ref progress, out rejection);
        }

        if (status == ParseStatus.Done && progress.Phase == HeadPhase.Method)
        {
            status = ReadMethod(buffer, head, limits, out rejection);
        }

        if (status == ParseStatus.Done && progress.Phase == HeadPhase.Target)
        {
            status = ReadTarget(buffer, head, limits, out rejection);
        }

        if (status == ParseStatus.Done)
        {
            status = ReadVersion(buffer, ref progress, limits, VersionLineLength, out var minor, out rejection);
            if (status == ParseStatus.Done)
            {
                head.MinorVersion = minor;
                rejection = CheckRequestLine(buffer, head, limits);
                status = rejection == Http1Rejection.None ? ParseStatus.Done : ParseStatus.Rejected;
                BeginFields(ref progress, progress.Part + VersionLineLength);
            }
            else if (rejection == Http1Rejection.VersionNotServed && head.MethodRange.In(buffer).SequenceEqual("PRI"u8))
            {
                rejection = Http1Rejection.Http2Preface;
            }
        }

        return status;
    }

    private static ParseStatus SkipEmptyLine(ReadOnlySpan<byte> buffer, ref HeadProgress progress, out Http1Rejection rejection)
    {
        rejection = Http1Rejection.None;
        if (buffer.IsEmpty)
        {
            return ParseStatus.NeedMore;
        }

        if (buffer[0] == (byte)'\r')
        {
            if (buffer.Length == 1)
            {
                return ParseStatus.NeedMore;
            }

            if (buffer[1] != (byte)'\n')
            {
                rejection = Http1Rejection.BareCarriageReturn;
                return ParseStatus.Rejected;
            }

            progress.Line = progress.Part = progress.Scanned = 2;
        }

        progress.Phase = HeadPhase.Method;
        return ParseStatus.Done;
    }

    private static ParseStatus ReadMethod(ReadOnlySpan<byte> buffer, RequestHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        ref var progress = ref head.Progress;
        var length = buffer[progress.Scanned..].IndexOfAnyExcept(Grammar.Token);
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

        if (stop == progress.Line || buffer[stop] != (byte)' ')
        {
            rejection = stop == progress.Line && buffer[stop] == (byte)'\n' ? Http1Rejection.BareLineFeed
                : stop > progress.Line && buffer[stop] is (byte)'\r' or (byte)'\n' ? Http1Rejection.TargetMissing
                : Http1Rejection.MethodMalformed;
            return ParseStatus.Rejected;
        }

        head.MethodRange = new ByteRange(progress.Line, stop - progress.Line);
        head.Method = MethodOf(head.MethodRange.In(buffer));
        progress.Part = progress.Scanned = stop + 1;
        progress.Phase = HeadPhase.Target;
        return ParseStatus.Done;
    }

    private static ParseStatus ReadTarget(ReadOnlySpan<byte> buffer, RequestHead head, in HeadLimits limits, out Http1Rejection rejection)
    {
        ref var progress = ref head.Progress;
        var length = buffer[progress.Scanned..].IndexOfAnyExcept(Grammar.Target);
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

        if (stop == progress.Part || buffer[stop] != (byte)' ')
        {
            rejection = buffer[stop] switch
            {
                (byte)'#' => Http1Rejection.TargetFragment,
                (byte)' ' => Http1Rejection.TargetMissing,
                (byte)'\r' or (byte)'\n' => stop == progress.Part ? Http1Rejection.TargetMissing : Http1Rejection.VersionMissing,
                _ => Http1Rejection.TargetCharacter,
            };
            return ParseStatus.Rejected;
        }

        head.TargetRange = new ByteRange(progress.Part, stop - progress.Part);
        progress.Part = progress.Scanned = stop + 1;
        progress.Phase = HeadPhase.Version;
        return ParseStatus.Done;
    }

    private static Http1Rejection CheckRequestLine(ReadOnlySpan<byte> buffer, RequestHead head, in HeadLimits limits)
    {
        // Other spellings than upper case are other methods, but an origin may take them for these two.
        var method = head.MethodRange.In(buffer);
        if (head.Method == HttpMethodKind.Other
            && (Ascii.EqualsIgnoreCase(method, "CONNECT"u8) || Ascii.EqualsIgnoreCase(method, "TRACE"u8)))
        {
            return Http1Rejection.MethodNotServed;
        }

        return head.TargetRange.Length > limits.Target ? Http1Rejection.TargetTooLong : RequestTarget.Read(buffer, head.TargetRange, head.Method, out head.Parts);
    }

    private static Http1Rejection Complete(ReadOnlySpan<byte> buffer, RequestHead head)
    {
        var fields = head.Fields;
        var host = fields.IndexOf(KnownField.Host);
        if (host < 0)
        {
            if (head.MinorVersion > 0)
            {
                return Http1Rejection.HostMissing;
            }
        }
        else if (fields.IsRepeated(KnownField.Host))
        {
            return Http1Rejection.HostRepeated;
        }
        else if (!Authority.IsValid(buffer, fields[host].Value))
        {
            return Http1Rejection.HostMalformed;
        }

        if (!ConnectionField.TryRead(fields, buffer, out var options))
        {
            return Http1Rejection.ConnectionMalformed;
        }

        var expect = fields.IndexOf(KnownField.Expect);
        head.Connection = options;
        head.ExpectContinue = expect >= 0 && head.MinorVersion > 0
            && Ascii.EqualsIgnoreCase(fields[expect].Value.In(buffer), "100-continue"u8);
        head.Length = head.Progress.Scanned;
        return Http1Rejection.None;
    }

    private static HttpMethodKind MethodOf(ReadOnlySpan<byte> method) => method.Length switch
    {
        3 when method.SequenceEqual("GET"u8) => HttpMethodKind.Get,
        3 when method.SequenceEqual("PUT"u8) => HttpMethodKind.Put,
        4 when method.SequenceEqual("POST"u8) => HttpMethodKind.Post,
        4 when method.SequenceEqual("HEAD"u8) => HttpMethodKind.Head,
        5 when method.SequenceEqual("PATCH"u8) => HttpMethodKind.Patch,
        6 when method.SequenceEqual("DELETE"u8) => HttpMethodKind.Delete,
        7 when method.SequenceEqual("OPTIONS"u8) => HttpMethodKind.Options,
        _ => HttpMethodKind.Other,
    };
}
