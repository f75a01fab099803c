using PipeProxy.Configuration;

namespace PipeProxy.Routing;

/// <summary>A route, compiled: what matching and forwarding read of it.</summary>
internal sealed class Route
{
    private readonly byte[][] _methods;

    private Route(int index, RouteConfig config, PathTemplate path, UrlTemplate? target, OriginAddress? origin)
    {
        Index = index;
        Config = config;
        Path = path;
        Target = target;
        Origin = origin;
        Matchers = path.Segments.Select(s => s.Parameter is null ? null : new SegmentMatcher(s)).ToArray();
        TailPrefix = PathBytes.Normalise(path.TailPrefix);
        _methods = config.Methods.Select(System.Text.Encoding.ASCII.GetBytes).ToArray();
    }

    /// <summary>Position in the configuration; the lower one wins.</summary>
    internal int Index { get; }

    internal RouteConfig Config { get; }

    internal RouteHandlerConfig Handler => Config.Handler;

    internal PathTemplate Path { get; }

    /// <summary>Per segment; null for a literal one.</summary>
    internal SegmentMatcher?[] Matchers { get; }

    /// <summary>What a tail must begin with, behind the slash, in the form that paths are compared in.</summary>
    internal byte[] TailPrefix { get; }

    /// <summary>What the origin is asked for, or where a redirect points; null for a function.</summary>
    internal UrlTemplate? Target { get; }

    /// <summary>Null for what goes to no origin.</summary>
    internal OriginAddress? Origin { get; }

    /// <summary>Compiles <paramref name="config"/>, or reports what is wrong and returns null.</summary>
    internal static Route? TryCompile(int index, RouteConfig config, IReadOnlyDictionary<string, string> variables, ICollection<ConfigurationError> errors)
    {
        var problems = new List<string>();
        var path = PathTemplate.Parse(config.Path, config.PathMode, problems);
        Report(problems, config.Source, $"routes[{index}].path", config.Path, errors);
        if (path is null)
        {
            return null;
        }

        var (text, kind, key) = config.Handler switch
        {
            RouteHandlerConfig.UrlForward forward => (forward.BaseUrl, UrlTemplateKind.Base, "baseUrl"),
            RouteHandlerConfig.UrlRewrite rewrite => (rewrite.RewritePattern, UrlTemplateKind.Pattern, "rewritePattern"),
            RouteHandlerConfig.Redirect redirect => (redirect.Location, UrlTemplateKind.Location, "location"),
            _ => (null, default, ""),
        };
        if (text is null)
        {
            return new Route(index, config, path, target: null, origin: null);
        }

        var parts = UrlTemplateSyntax.Parse(text, kind, path.Parameters, variables, problems);
        Report(problems, config.Source, $"routes[{index}].{key}", text, errors);
        if (parts is null)
        {
            return null;
        }

        if (config.Handler.MtlsCertificate is { } certificate && parts.Scheme == "http")
        {
            // Files are refused for it by their reader, with the place; this is for configurations that a host built.
            errors.Add(new ConfigurationError(config.Source, $"routes[{index}].mtlsCertificate", certificate, $"A client certificate cannot be presented over {parts.Scheme}; give {key} the scheme https."));
            return null;
        }

        OriginAddress? origin = kind == UrlTemplateKind.Location ? null : new OriginAddress(parts.Scheme, parts.Host, parts.Port);
        return new Route(index, config, path, UrlTemplate.Compile(parts, kind, ForwardsSearch(config.Handler), path.Parameters), origin);
    }

    /// <summary>Methods are compared in their case (RFC 9110 section 9.1). HEAD is taken only where it is listed, or nothing is, as in YARP.</summary>
    internal bool Takes(ReadOnlySpan<byte> method)
    {
        foreach (var known in _methods)
        {
            if (method.SequenceEqual(known))
            {
                return true;
            }
        }

        return _methods.Length == 0;
    }

    private static bool ForwardsSearch(RouteHandlerConfig handler) => handler switch
    {
        RouteHandlerConfig.UrlForward forward => forward.ForwardSearch,
        RouteHandlerConfig.UrlRewrite rewrite => rewrite.ForwardSearch,
        _ => false,
    };

    private static void Report(List<string> problems, SourcePosition? source, string setting, string value, ICollection<ConfigurationError> errors)
    {
        foreach (var problem in problems)
        {
            errors.Add(new ConfigurationError(source, setting, value, problem));
        }

        problems.Clear();
    }
}
