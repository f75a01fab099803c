using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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

    /// <summary>
    /// Reads a target in origin-form with nothing in its path that <see cref="Read"/> would have to look into: no percent sign, no
    /// backslash, no segment that begins with a dot. False: another target, or one with a byte that is not of <see cref="Grammar.Target"/>.
    /// </summary>
    public static bool TryReadPlain(ReadOnlySpan<byte> buffer, ByteRange range, out TargetParts parts)
    {
        parts = default;
        if (buffer[range.Start] != (byte)'/')
        {
            return false;
        }

        var question = range.End;
        if (range.Length > 1 && (!Vector128.IsHardwareAccelerated || buffer.Length < Vector256<byte>.Count || !IsPlain(buffer, range, out question)))
        {
            return false;
        }

        parts = new TargetParts(TargetForm.Origin, default, new ByteRange(range.Start, question - range.Start), new ByteRange(question, range.End - question));
        return true;
    }

    // The buffer holds a vector at least.
    private static bool IsPlain(ReadOnlySpan<byte> buffer, ByteRange range, out int question)
    {
        ref var first = ref MemoryMarshal.GetReference(buffer);
        var end = range.End;
        question = end;
        var slashBefore = 0u;
        for (var at = range.Start; at < end; at += Vector256<byte>.Count)
        {
            // The last vector ends with the buffer at the latest. What is known already is shifted out, what is behind the target has no say.
            var from = Math.Min(at, buffer.Length - Vector256<byte>.Count);
            var shift = at - from;
            var inside = end - at >= Vector256<byte>.Count ? uint.MaxValue : (1u << (end - at)) - 1;
            var vector = Vector256.LoadUnsafe(ref first, (nuint)from);

            // Grammar.Target is '!' to '~' without '#'.
            var shifted = vector - Vector256.Create((byte)'!');
            var right = Vector256.Equals(Vector256.Min(shifted, Vector256.Create((byte)('~' - '!'))), shifted);
            var wrong = ~right | Vector256.Equals(vector, Vector256.Create((byte)'#'));
            var unusual = BitsOf(vector, (byte)'%') | BitsOf(vector, (byte)'\\');
            var slashes = BitsOf(vector, (byte)'/') >> shift;
            unusual = (unusual >> shift) | ((BitsOf(vector, (byte)'.') >> shift) & ((slashes << 1) | slashBefore));
            slashBefore = slashes >> (Vector256<byte>.Count - 1);

            // Behind the question mark stands the query, in which anything of the set may stand.
            var questions = (BitsOf(vector, (byte)'?') >> shift) & inside;
            if (question < end)
            {
                unusual = 0;
            }
            else if (questions != 0)
            {
                question = at + BitOperations.TrailingZeroCount(questions);
                unusual &= (questions & (0 - questions)) - 1;
            }

            if ((((wrong.ExtractMostSignificantBits() >> shift) | unusual) & inside) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static uint BitsOf(Vector256<byte> vector, byte value) => Vector256.Equals(vector, Vector256.Create(value)).ExtractMostSignificantBits();

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
