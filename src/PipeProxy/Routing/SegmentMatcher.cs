using System.Text;
using System.Text.RegularExpressions;
using PipeProxy.Configuration;

namespace PipeProxy.Routing;

/// <summary>Decides whether a segment fits a parameter and which part of it is the value.</summary>
/// <remarks>Text around a parameter is compared byte by byte, without the percent-encoding equivalence of whole literal segments.</remarks>
internal sealed class SegmentMatcher(PathSegment segment)
{
    /// <summary>A constrained value longer than this does not match; identifiers are short, and the copy lives on the stack.</summary>
    private const int MaxConstrained = 256;

    private readonly byte[] _prefix = Encoding.ASCII.GetBytes(segment.Prefix);
    private readonly byte[] _suffix = Encoding.ASCII.GetBytes(segment.Suffix);
    private readonly Regex? _constraint = segment.Constraint;

    /// <summary>Where the value begins in a segment that matches.</summary>
    internal int Start => _prefix.Length;

    /// <summary>How much of a matching segment is not the value.</summary>
    internal int Fixed => _prefix.Length + _suffix.Length;

    internal bool Matches(ReadOnlySpan<byte> text)
        => text.Length > Fixed && text.StartsWith(_prefix) && text.EndsWith(_suffix) && (_constraint is null || Satisfies(text[_prefix.Length..^_suffix.Length]));

    private bool Satisfies(ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxConstrained)
        {
            return false;
        }

        Span<char> text = stackalloc char[MaxConstrained];
        return _constraint!.IsMatch(text[..Encoding.Latin1.GetChars(value, text)]);
    }
}
