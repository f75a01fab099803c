using System.Text.RegularExpressions;

namespace PipeProxy.Configuration;

/// <summary>A route's path, taken apart: the same tree for both spellings, so that matching knows one form.</summary>
/// <remarks>Matching compares whole segments. <c>/a</c> and <c>/a/</c> are two paths, letters match in their case, and a percent-encoded
/// octet of an unreserved character equals the character (RFC 3986 section 6.2.2), so <c>/%61dmin</c> does not slip past a route for <c>/admin</c>, nor for <c>/admin(.*)</c>.</remarks>
internal sealed class PathTemplate
{
    /// <summary>As many as a match has room for.</summary>
    internal const int MaxParameters = 16;

    internal const int MaxSegments = 64;

    internal const int MaxLiteral = 256;

    private PathTemplate(string text) => Text = text;

    internal string Text { get; }

    internal List<PathSegment> Segments { get; } = [];

    /// <summary>Names in path order; the tail's is the last.</summary>
    internal List<string> Parameters { get; } = [];

    /// <summary>What may follow the segments.</summary>
    internal PathTail Tail { get; private set; }

    /// <summary>With <see cref="PathTail.AfterPrefix"/>: what the rest must begin with, behind the slash.</summary>
    internal string TailPrefix { get; private set; } = "";

    /// <summary>Takes <paramref name="text"/> apart.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="mode">Which spelling.</param>
    /// <param name="problems">Takes what is wrong, without a subject.</param>
    /// <returns>The template, or null when there were problems.</returns>
    internal static PathTemplate? Parse(string text, PathMode mode, ICollection<string> problems)
    {
        var known = problems.Count;
        if (!text.StartsWith('/'))
        {
            problems.Add("must begin with /");
            return null;
        }

        if (text.AsSpan().ContainsAny('?', '#') && mode == PathMode.OpenApi)
        {
            problems.Add("must be a path alone: a query or fragment is not matched");
            return null;
        }

        var template = new PathTemplate(text);
        var syntax = new PathTemplateSyntax(template, mode, problems);
        syntax.Read(text[1..]);
        return problems.Count == known ? template : null;
    }

    internal void SetTail(PathTail tail, string prefix, string parameter)
    {
        Tail = tail;
        TailPrefix = prefix;
        Parameters.Add(parameter);
    }
}

/// <summary>One segment: literal text, or a parameter with literal text on either side.</summary>
/// <param name="Prefix">Before the parameter; the whole segment when there is no parameter.</param>
/// <param name="Parameter">Its name; null for a literal segment. A parameter is never empty.</param>
/// <param name="Suffix">After the parameter.</param>
/// <param name="Constraint">What the parameter must match as a whole; null takes everything.</param>
internal sealed record PathSegment(string Prefix, string? Parameter = null, string Suffix = "", Regex? Constraint = null);

/// <summary>What may follow a template's segments.</summary>
internal enum PathTail : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary><c>/a/{*rest}</c>: nothing, or a slash and anything; <c>/a</c> matches too.</summary>
    Optional,

    /// <summary><c>/a/(.*)</c>, <c>/a/b*</c>: a slash, the prefix and anything.</summary>
    AfterPrefix,
}
