using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PipeProxy.Configuration;

/// <summary>Reads both spellings of a path template into a <see cref="PathTemplate"/>.</summary>
/// <remarks>
/// open-api: <c>{name}</c> takes one segment or a part of one; <c>{*name}</c> or <c>{name*}</c> as the last segment takes the rest.
/// url-pattern: <c>:name</c>, <c>:name(regex)</c>, and <c>*</c>, <c>(.*)</c> or <c>:name(.*)</c> at the end for the rest; an unnamed one is called by its number from 0.
/// </remarks>
internal sealed class PathTemplateSyntax(PathTemplate template, PathMode mode, ICollection<string> problems)
{
    private static readonly TimeSpan NoTimeout = Regex.InfiniteMatchTimeout;

    private int _unnamed;

    internal void Read(string text)
    {
        var segments = SplitSegments(text);
        if (segments.Count > PathTemplate.MaxSegments)
        {
            problems.Add($"has {segments.Count} segments; at most {PathTemplate.MaxSegments} are taken");
            return;
        }

        for (var i = 0; i < segments.Count; i++)
        {
            ReadSegment(segments[i], isLast: i == segments.Count - 1);
        }

        if (template.Parameters.Count > PathTemplate.MaxParameters)
        {
            problems.Add($"has {template.Parameters.Count} parameters; at most {PathTemplate.MaxParameters} are taken");
        }

        foreach (var twice in template.Parameters.GroupBy(p => p, StringComparer.Ordinal).Where(g => g.Count() > 1))
        {
            problems.Add($"names the parameter \"{twice.Key}\" twice");
        }
    }

    /// <summary>At slashes that stand outside a group.</summary>
    private static List<string> SplitSegments(string text)
    {
        var segments = new List<string>();
        var (start, depth) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' or '{' => 1, ')' or '}' => -1, _ => 0 };
            if (text[i] == '/' && depth <= 0)
            {
                segments.Add(text[start..i]);
                start = i + 1;
            }
        }

        segments.Add(text[start..]);
        return segments;
    }

    private void ReadSegment(string text, bool isLast)
    {
        var open = mode == PathMode.OpenApi ? text.AsSpan().IndexOfAny('{', '}') : text.AsSpan().IndexOfAny(":*({");
        if (open < 0)
        {
            template.Segments.Add(new PathSegment(Literal(text)));
            return;
        }

        if (mode == PathMode.OpenApi)
        {
            ReadOpenApi(text, open, isLast);
        }
        else
        {
            ReadUrlPattern(text, open, isLast);
        }
    }

    private void ReadOpenApi(string text, int open, bool isLast)
    {
        var close = text.IndexOf('}', open);
        if (text[open] == '}' || close < 0)
        {
            problems.Add($"has a brace without its partner in \"{text}\"");
            return;
        }

        var name = text[(open + 1)..close];
        if (name.StartsWith('*') || name.EndsWith('*'))
        {
            name = name.Trim('*');
            if (!isLast || open > 0 || close < text.Length - 1)
            {
                problems.Add($"has {text} where it cannot stand: {{*{name}}} is the last segment, alone");
            }
            else if (CheckName(name))
            {
                template.SetTail(PathTail.Optional, "", name);
            }

            return;
        }

        var suffix = text[(close + 1)..];
        if (suffix.AsSpan().ContainsAny('{', '}'))
        {
            problems.Add($"has more than one parameter in the segment \"{text}\"; one is taken");
        }
        else if (CheckName(name))
        {
            Add(new PathSegment(Literal(text[..open]), name, Literal(suffix)));
        }
    }

    private void ReadUrlPattern(string text, int open, bool isLast)
    {
        var prefix = text[..open];
        var rest = text[open..];
        if (rest[0] == '{')
        {
            problems.Add($"has a group {{ }} in \"{text}\"; url-pattern groups are not supported, write one route for each form");
            return;
        }

        string? name = null;
        if (rest[0] == ':')
        {
            var end = 1;
            while (end < rest.Length && (char.IsAsciiLetterOrDigit(rest[end]) || rest[end] is '_' or '$'))
            {
                end++;
            }

            name = rest[1..end];
            rest = rest[end..];
            if (!CheckName(name))
            {
                return;
            }
        }

        var (pattern, suffix) = SplitPattern(rest);
        if (suffix is ['?' or '+' or '*', ..])
        {
            problems.Add($"has the modifier {suffix[0]} in \"{text}\", which is not supported; write one route for each form");
        }
        else if (suffix.AsSpan().ContainsAny(":*({"))
        {
            problems.Add($"has more than one parameter in the segment \"{text}\"; one is taken");
        }
        else if (pattern == ".*")
        {
            if (!isLast || suffix.Length > 0)
            {
                problems.Add($"has a wildcard in \"{text}\", which may stand only at the end of the path");
                return;
            }

            template.SetTail(PathTail.AfterPrefix, Literal(prefix), name ?? NextUnnamed());
        }
        else
        {
            Add(new PathSegment(Literal(prefix), name ?? NextUnnamed(), Literal(suffix), pattern is null ? null : Constraint(pattern)));
        }
    }

    /// <summary>What follows the name: a group's pattern (null for none, <c>.*</c> for a star), and the literal rest.</summary>
    private static (string? Pattern, string Suffix) SplitPattern(string rest)
    {
        if (rest.StartsWith('*'))
        {
            return (".*", rest[1..]);
        }

        if (!rest.StartsWith('('))
        {
            return (null, rest);
        }

        var depth = 0;
        for (var i = 0; i < rest.Length; i++)
        {
            depth += rest[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (rest[i] == '\\')
            {
                i++;
            }
            else if (depth == 0)
            {
                return (rest[1..i], rest[(i + 1)..]);
            }
        }

        return (rest[1..], "");
    }

    /// <summary>Without backtracking: the text to match comes from clients.</summary>
    private Regex? Constraint(string pattern)
    {
        try
        {
            return new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, NoTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            problems.Add($"has the pattern ({pattern}), which cannot be used: lookaround, back references and unbalanced parentheses are not taken");
            return null;
        }
    }

    private void Add(PathSegment segment)
    {
        template.Segments.Add(segment);
        template.Parameters.Add(segment.Parameter!);
    }

    private string NextUnnamed() => _unnamed++.ToString(CultureInfo.InvariantCulture);

    private bool CheckName(string name)
    {
        if (name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$' or '.'))
        {
            return true;
        }

        problems.Add($"has a parameter called \"{name}\"; a name is ASCII letters, digits, _, $, - and ., not a digit first");
        return false;
    }

    /// <summary>Literal text as it stands on the wire: everything outside RFC 3986's pchar is percent-encoded, unreserved characters are not.</summary>
    private string Literal(string text)
    {
        if (text.AsSpan().ContainsAny('?', '#'))
        {
            problems.Add($"has \"{text}\", which no path contains: ? and # end it, and optional parts are not supported");
        }

        var wire = new StringBuilder(text.Length);
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var b in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "-._~!$&'()*+,;=:@%".Contains((char)b, StringComparison.Ordinal))
            {
                wire.Append((char)b);
            }
            else
            {
                wire.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
            }
        }

        if (wire.Length > PathTemplate.MaxLiteral)
        {
            problems.Add($"has a segment of {wire.Length} bytes; at most {PathTemplate.MaxLiteral} are taken");
        }

        return wire.ToString();
    }
}
