using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Configuration;

/// <summary>Splits a template's parts into authority, path and query, and checks each.</summary>
/// <remarks>The authority decides who receives the route's client certificate, so it is literal text by construction: a part that
/// depends on the request is refused before the first slash.</remarks>
internal static class UrlTemplateTarget
{
    internal static UrlTemplateParts? Split(List<UrlTemplatePart> parts, string text, UrlTemplateKind kind, ICollection<string> problems)
    {
        var known = problems.Count;
        if (text.Length == 0)
        {
            problems.Add("is empty; write a URL such as https://my-alb.example");
            return null;
        }

        var first = parts[0].Source == UrlTemplateSource.Literal ? parts[0].Text : "";
        var (scheme, host, port) = ("", "", 0);
        string rest;
        if (kind == UrlTemplateKind.Location && first.StartsWith('/') && !first.StartsWith("//", StringComparison.Ordinal))
        {
            rest = first;
        }
        else if (!TryAuthority(parts, first, kind, problems, out scheme, out host, out port, out rest))
        {
            return null;
        }

        var (path, query, appendsSearch) = SplitQuery(parts, first.Length > 0, rest, problems);
        CheckLiterals(path, "path", problems);
        CheckLiterals(query ?? [], "query", problems);
        if (DotSegmentIn(path) is { } segment)
        {
            problems.Add($"has the dot segment \"{segment}\" in its path; write the path that is meant");
        }

        if (problems.Count > known)
        {
            return null;
        }

        return new UrlTemplateParts { Text = text, Scheme = scheme, Host = host, Port = port, Path = path, Query = query, AppendsSearch = appendsSearch };
    }

    private static bool TryAuthority(
        List<UrlTemplatePart> parts, string first, UrlTemplateKind kind, ICollection<string> problems,
        out string scheme, out string host, out int port, out string rest)
    {
        (scheme, host, port, rest) = ("", "", 0, "");
        var colon = first.IndexOf("://", StringComparison.Ordinal);
        scheme = colon < 0 ? "" : first[..colon].ToLowerInvariant();
        if (scheme is not ("http" or "https"))
        {
            var or = kind == UrlTemplateKind.Location ? ", or a path that begins with one /" : "";
            problems.Add(colon < 0 ? $"has no scheme; begin with https:// or http://{or}" : $"has the scheme \"{scheme}\"; only https and http are served{or}");
            return false;
        }

        var afterScheme = first[(colon + 3)..];
        var end = afterScheme.AsSpan().IndexOfAny("/?#\\");
        var authority = end < 0 ? afterScheme : afterScheme[..end];
        rest = end < 0 ? "" : afterScheme[end..];
        if (end < 0 && parts.Count > 1 && !(parts[1] is { IsComponent: false, Source: UrlTemplateSource.Pathname or UrlTemplateSource.Search }))
        {
            problems.Add("takes data of the request into its host or port; only ${env.NAME} may stand there, data of the request after the first / behind the host");
            return false;
        }

        if (authority.Contains('@'))
        {
            problems.Add("has a user name before the host; credentials do not belong into a URL, remove everything up to the @");
            return false;
        }

        var hasPort = authority.LastIndexOf(':') > authority.LastIndexOf(']');
        var portText = hasPort ? authority[(authority.LastIndexOf(':') + 1)..] : "";
        host = (hasPort ? authority[..authority.LastIndexOf(':')] : authority).ToLowerInvariant();
        port = scheme == "https" ? 443 : 80;
        if (hasPort && !(int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535))
        {
            problems.Add($"has the port \"{portText}\"; a port is a number from 1 to 65535");
            return false;
        }

        if (!TryHost(ref host))
        {
            problems.Add(host.Length == 0
                ? "has no host behind the scheme"
                : $"has the host \"{host}\", which is neither a name of letters, digits, - and . (an international name in its xn-- form), nor an IPv4 address, nor an IPv6 address in brackets");
            return false;
        }

        return true;
    }

    private static bool TryHost(ref string host)
    {
        if (host is ['[', .. var address, ']'])
        {
            // A zone (%eth0) means something on this machine only and has no place in a URL.
            if (address.Contains('%') || !IPAddress.TryParse(address, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            host = parsed.ToString();
            return true;
        }

        return host.Length is > 0 and <= 253 && host[0] is not ('.' or '-') && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            && !host.Contains("..", StringComparison.Ordinal);
    }

    /// <summary>The first literal question mark divides; a last <c>${search}</c> becomes a flag.</summary>
    private static (List<UrlTemplatePart> Path, List<UrlTemplatePart>? Query, bool AppendsSearch) SplitQuery(
        List<UrlTemplatePart> parts, bool firstIsLiteral, string rest, ICollection<string> problems)
    {
        List<UrlTemplatePart> path = [];
        List<UrlTemplatePart>? query = null;
        var appendsSearch = false;
        for (var i = 0; i < parts.Count; i++)
        {
            var part = i == 0 && firstIsLiteral ? parts[0] with { Text = rest } : parts[i];
            if (part is { Source: UrlTemplateSource.Search, IsComponent: false })
            {
                appendsSearch = true;
                if (i < parts.Count - 1)
                {
                    problems.Add("has ${search} before its end; the query can only come last, or write ${e(search)} to insert it as data");
                }
            }
            else if (part.Source == UrlTemplateSource.Literal)
            {
                var mark = query is null ? part.Text.IndexOf('?') : -1;
                AddLiteral(query ?? path, mark < 0 ? part.Text : part.Text[..mark]);
                if (mark >= 0)
                {
                    query = [];
                    AddLiteral(query, part.Text[(mark + 1)..]);
                }
            }
            else
            {
                (query ?? path).Add(part);
            }
        }

        return (path, query, appendsSearch);
    }

    private static void AddLiteral(List<UrlTemplatePart> parts, string text)
    {
        if (text.Length > 0)
        {
            parts.Add(new UrlTemplatePart(UrlTemplateSource.Literal, text));
        }
    }

    /// <summary>pchar, slash and question mark (RFC 3986 sections 3.3 and 3.4); a percent sign begins a whole triplet.</summary>
    private static void CheckLiterals(List<UrlTemplatePart> parts, string where, ICollection<string> problems)
    {
        foreach (var text in parts.Where(p => p.Source == UrlTemplateSource.Literal).Select(p => p.Text))
        {
            for (var i = 0; i < text.Length; i++)
            {
                var c = text[i];
                if (c == '#')
                {
                    problems.Add("has a fragment (#...), which is never sent to an origin; remove it");
                    return;
                }

                if (c == '%' && !(i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2])))
                {
                    problems.Add($"has a % in its {where} that begins no percent-encoded octet; write %25 for a percent sign");
                    return;
                }

                if (!char.IsAsciiLetterOrDigit(c) && !"-._~!$&'()*+,;=:@%/?".Contains(c, StringComparison.Ordinal))
                {
                    problems.Add($"has a character in its {where} that must be percent-encoded: write {Uri.EscapeDataString(c.ToString())}");
                    return;
                }
            }
        }
    }

    /// <summary>The first segment that is literal as a whole and says "here" or "one up"; those made of data are checked per request.</summary>
    private static string? DotSegmentIn(List<UrlTemplatePart> path)
    {
        var text = string.Concat(path.Select(p => p.Source == UrlTemplateSource.Literal ? p.Text : "\0"));
        return text.Split('/').FirstOrDefault(s => s.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..");
    }
}
