namespace PipeProxy.Configuration;

/// <summary>A URL template taken apart: where it goes, which never depends on a request, and the parts of the target, which may.</summary>
internal sealed class UrlTemplateParts
{
    /// <summary>The template with every <c>${env.X}</c> filled in.</summary>
    internal required string Text { get; init; }

    /// <summary><c>http</c> or <c>https</c>; empty for a location relative to the client's own.</summary>
    internal string Scheme { get; init; } = "";

    /// <summary>In lower case, an IPv6 address without brackets.</summary>
    internal string Host { get; init; } = "";

    internal int Port { get; init; }

    /// <summary>Up to the question mark.</summary>
    internal required IReadOnlyList<UrlTemplatePart> Path { get; init; }

    /// <summary>Behind the question mark; null when there is none.</summary>
    internal IReadOnlyList<UrlTemplatePart>? Query { get; init; }

    /// <summary>The template ends in <c>${search}</c>: the incoming query is appended whatever <c>forwardSearch</c> says, and once.</summary>
    internal bool AppendsSearch { get; init; }
}

/// <summary>Literal text or a value of the request.</summary>
/// <param name="Source">Where the bytes come from.</param>
/// <param name="Text">The literal text, or the name of the parameter, query key or field (in lower case).</param>
/// <param name="IsComponent">Written inside <c>encodeURIComponent()</c>.</param>
internal readonly record struct UrlTemplatePart(UrlTemplateSource Source, string Text, bool IsComponent = false);

/// <summary>What a template can insert.</summary>
internal enum UrlTemplateSource : byte
{
    Literal,

    /// <summary><c>${params.name}</c>, the bytes that the path matched.</summary>
    Parameter,

    /// <summary><c>${query.name}</c>, the first value of that key; empty when there is none.</summary>
    Query,

    /// <summary><c>${headers.get("name")}</c>, empty when there is none.</summary>
    Header,

    /// <summary><c>${context.requestId}</c></summary>
    RequestId,

    /// <summary><c>${url}</c>, scheme, host, path and query as the client sent them.</summary>
    Url,

    /// <summary><c>${host}</c>, with the port when it was sent.</summary>
    Host,

    /// <summary><c>${hostname}</c>, without the port.</summary>
    Hostname,

    /// <summary><c>${port}</c>, empty when none was sent.</summary>
    Port,

    /// <summary><c>${pathname}</c>, the incoming path byte for byte.</summary>
    Pathname,

    /// <summary><c>${search}</c>, the incoming query with its question mark.</summary>
    Search,

    /// <summary><c>${method}</c></summary>
    Method,

    /// <summary><c>${origin}</c>, scheme and host that the client called.</summary>
    Origin,

    /// <summary><c>${protocol}</c>, <c>http:</c> or <c>https:</c>.</summary>
    Protocol,
}

/// <summary>Which option a template stands in.</summary>
internal enum UrlTemplateKind : byte
{
    /// <summary><c>baseUrl</c>: the incoming path follows.</summary>
    Base,

    /// <summary><c>rewritePattern</c>: the whole URL.</summary>
    Pattern,

    /// <summary><c>location</c> of a redirect: the whole URL, or a path.</summary>
    Location,
}
