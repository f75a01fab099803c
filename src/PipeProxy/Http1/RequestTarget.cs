using System.Text;

namespace PipeProxy.Http1;

/// <summary>Where the parts of a request target are, counted from the head's first byte.</summary>
/// <param name="Form">The target's form.</param>
/// <param name="Authority">Host and port in absolute-form.</param>
/// <param name="Path">The path; empty when an absolute-form target has none.</param>
/// <param name="Query">The query with its question mark.</param>
internal readonly record struct TargetParts(TargetForm Form, ByteRange Authority, ByteRange Path, ByteRange Query);

/// <summary>Takes a request target apart (RFC 9112 section 3.2) and refuses paths that mean another resource after normalisation.</summary>
internal static class RequestTarget
{
    /// <summary>Reads the target, whose bytes are all of <see cref="Grammar.Target"/>.</summary>
    public static Http1Rejection Read(ReadOnlySpan<byte> buffer, ByteRange range, HttpMethodKind method, out TargetParts parts)
    {
        var target = range.In(buffer);
        parts = default;
        if (target[0] == (byte)'/')
        {
            return ReadPathAndQuery(target, range.Start, TargetForm.Origin, default, out parts);
        }

        if (target is [(byte)'*'])
        {
            parts = new TargetParts(TargetForm.Asterisk, default, range, new ByteRange(range.End, 0));
            return method == HttpMethodKind.Options ? Http1Rejection.None : Http1Rejection.TargetForm;
        }

        return ReadAbsolute(target, range.Start, out parts);
    }

    // absolute-form = scheme "://" authority path-abempty [ "?" query ]
    private static Http1Rejection ReadAbsolute(ReadOnlySpan<byte> target, int start, out TargetParts parts)
    {
        parts = default;
        var schemeLength = StartsWith(target, "http://"u8) ? 7 : StartsWith(target, "https://"u8) ? 8 : 0;
        if (schemeLength == 0)
        {
            return Http1Rejection.TargetForm;
        }

        var rest = target[schemeLength..];
        var length = rest.IndexOfAny((byte)'/', (byte)'?', (byte)'\\');
        length = length < 0 ? rest.Length : length;
        if (!Authority.IsValid(rest[..length]))
        {
            return Http1Rejection.TargetAuthority;
        }

        var authority = new ByteRange(start + schemeLength, length);
        return ReadPathAndQuery(rest[length..], authority.End, TargetForm.Absolute, authority, out parts);
    }

    private static Http1Rejection ReadPathAndQuery(ReadOnlySpan<byte> rest, int start, TargetForm form, ByteRange authority, out TargetParts parts)
    {
        var question = rest.IndexOf((byte)'?');
        var pathLength = question < 0 ? rest.Length : question;
        parts = new TargetParts(form, authority, new ByteRange(start, pathLength), new ByteRange(start + pathLength, rest.Length - pathLength));
        return CheckPath(rest[..pathLength]);
    }

    private static Http1Rejection CheckPath(ReadOnlySpan<byte> path)
    {
        if (path.Contains((byte)'\\'))
        {
            return Http1Rejection.TargetCharacter;
        }

        // The common case: nothing encoded, and no segment begins with a dot.
        return path.Contains((byte)'%') || path.IndexOf("/."u8) >= 0 ? CheckSegments(path) : Http1Rejection.None;
    }

    // A dot segment is "." or "..", each dot plain or %2e, between separators that are "/", %2f or %5c (a backslash, which some
    // origins read as a slash). What follows a semicolon is a parameter that some origins take off before they resolve: "/..;x/".
    private static Http1Rejection CheckSegments(ReadOnlySpan<byte> path)
    {
        var dots = 0;
        var onlyDots = true;
        var inParameter = false;
        for (var i = 0; i < path.Length;)
        {
            int b = path[i++];
            if (b == '%')
            {
                if (i + 1 >= path.Length)
                {
                    return Http1Rejection.TargetEscape;
                }

                var (high, low) = (Grammar.HexValue(path[i]), Grammar.HexValue(path[i + 1]));
                if (high < 0 || low < 0 || (high | low) == 0)
                {
                    return Http1Rejection.TargetEscape;
                }

                b = (high << 4) | low;
                i += 2;
            }

            switch (b)
            {
                case '/' or '\\':
                    if (onlyDots && dots is 1 or 2)
                    {
                        return Http1Rejection.TargetDotSegment;
                    }

                    (dots, onlyDots, inParameter) = (0, true, false);
                    break;
                case ';':
                    inParameter = true;
                    break;
                case '.' when !inParameter:
                    dots++;
                    break;
                default:
                    onlyDots &= inParameter;
                    break;
            }
        }

        return onlyDots && dots is 1 or 2 ? Http1Rejection.TargetDotSegment : Http1Rejection.None;
    }

    private static bool StartsWith(ReadOnlySpan<byte> target, ReadOnlySpan<byte> lowerCase)
        => target.Length >= lowerCase.Length && Ascii.EqualsIgnoreCase(target[..lowerCase.Length], lowerCase);
}
