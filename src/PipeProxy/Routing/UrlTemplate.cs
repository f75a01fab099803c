using System.Buffers;
using System.Text;
using PipeProxy.Configuration;

namespace PipeProxy.Routing;

/// <summary>A URL template, compiled: writes what the origin is asked for, or a redirect's Location.</summary>
/// <remarks>
/// What goes through untouched: the incoming path under <c>baseUrl</c>, and the incoming query. What is inserted is data: it is
/// percent-encoded so that it stays where it was put. A parameter in the path keeps the bytes that the client sent, already encoded ones
/// included, and a tail keeps its slashes; elsewhere everything but unreserved characters is encoded. Nothing inserted can make a dot segment.
/// </remarks>
internal sealed class UrlTemplate
{
    private readonly UrlTemplateKind _kind;
    private readonly byte[] _prefix;
    private readonly Part[] _path;
    private readonly Part[]? _query;
    private readonly bool _appendsSearch;

    private UrlTemplate(UrlTemplateKind kind, byte[] prefix, Part[] path, Part[]? query, bool appendsSearch)
    {
        _kind = kind;
        _prefix = prefix;
        _path = path;
        _query = query;
        _appendsSearch = appendsSearch;
    }

    /// <summary>Compiles parts that were checked.</summary>
    /// <param name="parts">From <see cref="UrlTemplateSyntax"/>.</param>
    /// <param name="kind">Which option it was.</param>
    /// <param name="forwardSearch">The incoming query is appended.</param>
    /// <param name="parameters">Of the route's path, in order.</param>
    internal static UrlTemplate Compile(UrlTemplateParts parts, UrlTemplateKind kind, bool forwardSearch, IReadOnlyList<string> parameters)
    {
        var prefix = kind == UrlTemplateKind.Location && parts.Scheme.Length > 0 ? new OriginAddress(parts.Scheme, parts.Host, parts.Port).ToString() : "";
        return new UrlTemplate(
            kind,
            Encoding.ASCII.GetBytes(prefix),
            [.. parts.Path.Select(p => Part.Of(p, parameters, inQuery: false))],
            parts.Query is { } query ? [.. query.Select(p => Part.Of(p, parameters, inQuery: true))] : null,
            forwardSearch || parts.AppendsSearch);
    }

    /// <summary>Writes the origin-form request target (RFC 9112 section 3.2.1); for a redirect the Location.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="match">What this template's route matched on <c>facts.Path</c>.</param>
    /// <param name="output">Advanced only when true is returned.</param>
    /// <returns>False when what the request brings would make a dot segment, or a Location that leads to another host: the answer is 400.</returns>
    internal bool TryWriteTarget(in RequestFacts facts, in RouteMatch match, IBufferWriter<byte> output)
    {
        var writer = new UrlTemplateWriter(output.GetSpan(MaxLength(facts, match)));
        writer.WriteRaw(_prefix);
        var start = writer.Length;
        if (!TryWritePath(facts, match, ref writer))
        {
            return false;
        }

        // "//host" in a Location names another host (RFC 3986 section 4.2).
        var path = writer.Written[start..];
        if (PathBytes.HasDotSegment(path) || (_kind == UrlTemplateKind.Location && _prefix.Length == 0 && path.StartsWith("//"u8)))
        {
            return false;
        }

        WriteQuery(facts, match, ref writer);
        output.Advance(writer.Length);
        return true;
    }

    private bool TryWritePath(in RequestFacts facts, in RouteMatch match, ref UrlTemplateWriter writer)
    {
        var start = writer.Length;
        foreach (var part in _path)
        {
            part.Write(facts, match, ref writer);
        }

        if (_kind == UrlTemplateKind.Base)
        {
            // Exactly one slash between base and path: the path brings its own.
            writer.TrimSlash(start);
            writer.WriteRaw(facts.Path);
        }
        else if (writer.Length == start)
        {
            writer.WriteRaw("/"u8);
        }

        return writer.Written.Length > start && writer.Written[start] == '/';
    }

    /// <summary>The template's own query first, then the incoming one.</summary>
    private void WriteQuery(in RequestFacts facts, in RouteMatch match, ref UrlTemplateWriter writer)
    {
        if (_query is null)
        {
            if (_appendsSearch)
            {
                writer.WriteRaw(facts.Search);
            }

            return;
        }

        writer.WriteRaw("?"u8);
        foreach (var part in _query)
        {
            part.Write(facts, match, ref writer);
        }

        if (_appendsSearch && facts.Search.Length > 1)
        {
            writer.WriteRaw(_query.Length == 0 ? default : "&"u8);
            writer.WriteRaw(facts.Search[1..]);
        }
    }

    /// <summary>Encoding triples a byte at most.</summary>
    private int MaxLength(in RequestFacts facts, in RouteMatch match)
    {
        var length = _prefix.Length + facts.Path.Length + facts.Search.Length + 3;
        foreach (var part in _path)
        {
            length += part.MaxLength(facts, match);
        }

        foreach (var part in _query ?? [])
        {
            length += part.MaxLength(facts, match);
        }

        return length;
    }

    /// <summary>One part with its name resolved to bytes or an index.</summary>
    private readonly struct Part
    {
        private readonly UrlTemplateSource _source;
        private readonly byte[] _text;
        private readonly int _parameter;
        private readonly bool _keepsReserved;

        private Part(UrlTemplateSource source, byte[] text, int parameter, bool keepsReserved)
        {
            _source = source;
            _text = text;
            _parameter = parameter;
            _keepsReserved = keepsReserved;
        }

        internal static Part Of(UrlTemplatePart part, IReadOnlyList<string> parameters, bool inQuery)
        {
            var keepsReserved = part.Source is UrlTemplateSource.Parameter or UrlTemplateSource.Pathname && !part.IsComponent && !inQuery;
            var index = part.Source == UrlTemplateSource.Parameter ? parameters.ToList().IndexOf(part.Text) : -1;
            return new Part(part.Source, Encoding.UTF8.GetBytes(part.Text), index, keepsReserved);
        }

        internal int MaxLength(in RequestFacts facts, in RouteMatch match) => _source switch
        {
            UrlTemplateSource.Literal => _text.Length,
            UrlTemplateSource.Url or UrlTemplateSource.Origin or UrlTemplateSource.Protocol
                => 3 * ("https://".Length + facts.Host.Length + facts.Path.Length + facts.Search.Length),
            _ => 3 * ValueIn(facts, match).Length,
        };

        internal void Write(in RequestFacts facts, in RouteMatch match, ref UrlTemplateWriter writer)
        {
            switch (_source)
            {
                case UrlTemplateSource.Literal:
                    writer.WriteRaw(_text);
                    break;
                case UrlTemplateSource.Parameter or UrlTemplateSource.Pathname when _keepsReserved:
                    writer.WritePathData(ValueIn(facts, match));
                    break;
                case UrlTemplateSource.Parameter or UrlTemplateSource.Pathname or UrlTemplateSource.Search:
                    writer.WriteUrlData(ValueIn(facts, match));
                    break;
                case UrlTemplateSource.Query:
                    writer.WriteFormData(ValueIn(facts, match));
                    break;
                case UrlTemplateSource.Protocol:
                    writer.WriteData(facts.IsTls ? "https:"u8 : "http:"u8);
                    break;
                case UrlTemplateSource.Origin or UrlTemplateSource.Url:
                    writer.WriteData(facts.IsTls ? "https://"u8 : "http://"u8);
                    writer.WriteData(facts.Host);
                    if (_source == UrlTemplateSource.Url)
                    {
                        writer.WriteUrlData(facts.Path);
                        writer.WriteUrlData(facts.Search);
                    }

                    break;
                default:
                    writer.WriteData(ValueIn(facts, match));
                    break;
            }
        }

        private ReadOnlySpan<byte> ValueIn(in RequestFacts facts, in RouteMatch match) => _source switch
        {
            UrlTemplateSource.Parameter => match.ValueOf(_parameter, facts.Path),
            UrlTemplateSource.Query => QueryValue.Find(facts.Search, _text),
            UrlTemplateSource.Header => facts.Fields is { } fields ? fields.ValueOf(_text) : default,
            UrlTemplateSource.RequestId => facts.RequestId,
            UrlTemplateSource.Host => facts.Host,
            UrlTemplateSource.Hostname => RequestHost.NameOf(facts.Host),
            UrlTemplateSource.Port => RequestHost.PortOf(facts.Host),
            UrlTemplateSource.Pathname => facts.Path,
            UrlTemplateSource.Search => facts.Search,
            UrlTemplateSource.Method => facts.Method,
            _ => default,
        };
    }
}
