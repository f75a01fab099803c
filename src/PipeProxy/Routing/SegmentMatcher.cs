using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using PipeProxy.Configuration;

namespace PipeProxy.Routing;

/// <summary>Decides whether a segment fits a parameter and which part of it is the value.</summary>
/// <remarks>Text around a parameter, and the value where a pattern constrains it, are compared as whole literal segments are: an octet of an
/// unreserved character equals the character. The value itself stays as it was sent.</remarks>
internal sealed class SegmentMatcher(PathSegment segment)
{
    /// <summary>Identifiers are short: their copies live on the stack.</summary>
    private const int MaxOnStack = 256;

    private readonly byte[] _prefix = PathBytes.Normalise(segment.Prefix);
    private readonly byte[] _suffix = PathBytes.Normalise(segment.Suffix);
    private readonly Regex? _constraint = segment.Constraint;

    internal bool Matches(ReadOnlySpan<byte> text)
        => TryFindValue(text, out var start, out var length) && (_constraint is null || Satisfies(text.Slice(start, length)));

    /// <summary>Finds the value between the literal texts, whatever constrains it.</summary>
    /// <returns>False when they are not there, or nothing is between them.</returns>
    internal bool TryFindValue(ReadOnlySpan<byte> text, out int start, out int length)
    {
        start = PathBytes.MatchStart(text, _prefix);
        var after = PathBytes.MatchEnd(text, _suffix);
        length = text.Length - start - after;
        return start >= 0 && after >= 0 && length > 0;
    }

    private bool Satisfies(ReadOnlySpan<byte> value)
        => value.Length <= MaxOnStack
            ? Satisfies(value, stackalloc byte[MaxOnStack], stackalloc char[MaxOnStack])
            : SatisfiesRented(value);

    // A value that were not looked at because of its length would take a later route.
    private bool SatisfiesRented(ReadOnlySpan<byte> value)
    {
        var (normal, text) = (ArrayPool<byte>.Shared.Rent(value.Length), ArrayPool<char>.Shared.Rent(value.Length));
        try
        {
            return Satisfies(value, normal, text);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(normal);
            ArrayPool<char>.Shared.Return(text);
        }
    }

    private bool Satisfies(ReadOnlySpan<byte> value, Span<byte> normal, Span<char> text)
    {
        var length = PathBytes.Normalise(value, normal);
        return _constraint!.IsMatch(text[..Encoding.Latin1.GetChars(normal[..length], text)]);
    }
}
