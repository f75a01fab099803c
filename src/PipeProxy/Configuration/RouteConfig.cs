namespace PipeProxy.Configuration;

/// <summary>One route: which requests it takes and what becomes of them.</summary>
public sealed record RouteConfig
{
    /// <summary>Path template, in the syntax of <see cref="PathMode"/>.</summary>
    public required string Path { get; init; }

    /// <summary>How <see cref="Path"/> is read. Default <see cref="PathMode.OpenApi"/>.</summary>
    public PathMode PathMode { get; init; } = PathMode.OpenApi;

    /// <summary>Methods in upper case; empty takes every method.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Host field that the route is limited to, lower case without port; null takes every host.</summary>
    public string? Host { get; init; }

    /// <summary>A name for logs and listings: the operationId, or <c>METHOD path</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>What the route does.</summary>
    public required RouteHandlerConfig Handler { get; init; }

    /// <summary>CORS policy by name: <c>none</c> (default), <c>anything-goes</c>, or a named one.</summary>
    public string CorsPolicy { get; init; } = "none";

    /// <summary>GET and HEAD may carry a body. Default false: such a request is 400, as AWS's desync classifier wants it.</summary>
    public bool AllowGetBody { get; init; }

    /// <summary>Where the route was written; null when a host built it.</summary>
    public SourcePosition? Source { get; init; }

    /// <summary>Where <c>mtlsCertificate</c> was written, for whoever finds that there is no such certificate; null when a host built it.</summary>
    public SettingSource? MtlsCertificateSource { get; init; }

    /// <summary>Where <c>baseUrl</c>, <c>rewritePattern</c> or <c>location</c> was written; null when a host built it.</summary>
    public SettingSource? TargetSource { get; init; }
}

/// <summary>A setting as it was written, for errors that are found later than while reading.</summary>
/// <param name="Position">Null for a flag of the command line.</param>
/// <param name="Setting">The setting's path, or the flag.</param>
/// <param name="Value">As written: <c>$env(NAME)</c> and not the variable's value.</param>
public readonly record struct SettingSource(SourcePosition? Position, string Setting, string? Value)
{
    /// <summary>An error about this setting.</summary>
    public ConfigurationError Error(string message, ErrorSeverity severity = ErrorSeverity.Error) => new(Position, Setting, Value, message, severity);
}

/// <summary>How a route's path template is read.</summary>
public enum PathMode
{
    /// <summary><c>/users/{id}</c>, and <c>{*rest}</c> or <c>{rest*}</c> at the end for whatever follows.</summary>
    OpenApi,

    /// <summary><c>/users/:id</c> and <c>(.*)</c>, as URLPattern has it.</summary>
    UrlPattern,
}

/// <summary>What a route does with a request. One of the nested kinds.</summary>
public abstract record RouteHandlerConfig
{
    private protected RouteHandlerConfig()
    {
    }

    /// <summary>Name of the client certificate to present; null presents none.</summary>
    public string? MtlsCertificate { get; init; }

    /// <summary>Base URL plus the incoming path (<c>urlForwardHandler</c>).</summary>
    /// <param name="BaseUrl">Template; the authority takes only <c>${env.X}</c>, which a loaded configuration has filled in already.</param>
    public sealed record UrlForward(string BaseUrl) : RouteHandlerConfig
    {
        /// <summary>The incoming query is appended. Default true.</summary>
        public bool ForwardSearch { get; init; } = true;
    }

    /// <summary>A URL made from a pattern (<c>urlRewriteHandler</c>).</summary>
    /// <param name="RewritePattern">Template; the authority takes only <c>${env.X}</c>, which a loaded configuration has filled in already.</param>
    public sealed record UrlRewrite(string RewritePattern) : RouteHandlerConfig
    {
        /// <summary>The incoming query is appended. Default true.</summary>
        public bool ForwardSearch { get; init; } = true;
    }

    /// <summary>An answer with a Location (<c>redirectHandler</c>).</summary>
    /// <param name="Location">Where the client is sent.</param>
    /// <param name="Status">301, 302, 303, 307 or 308. Default 302.</param>
    public sealed record Redirect(string Location, int Status = 302) : RouteHandlerConfig;

    /// <summary>A function that the embedding host registered under this name.</summary>
    /// <param name="Name">The module's path without <c>$import(./modules/ )</c>; with <c>#export</c> when that is not <c>default</c>.</param>
    public sealed record Function(string Name) : RouteHandlerConfig;

    /// <summary>A handler that this product has not, let through by <c>--allow-unsupported</c>. It is answered 501 and keeps its place, so that no later route takes its requests.</summary>
    /// <param name="What">The handler, for the log.</param>
    public sealed record Unsupported(string What) : RouteHandlerConfig;
}
