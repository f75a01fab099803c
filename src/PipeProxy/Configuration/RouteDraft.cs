namespace PipeProxy.Configuration;

/// <summary>A route while it is being read, from either file; becomes a <see cref="RouteConfig"/> when all of it is known.</summary>
internal sealed class RouteDraft
{
    private static readonly string[] BuiltInCorsPolicies = ["none", "anything-goes"];

    internal required ConfigurationValue At { get; init; }

    internal ConfigurationText? Path { get; set; }

    internal PathMode PathMode { get; set; }

    internal List<string> Methods { get; init; } = [];

    internal string? Host { get; set; }

    internal string? Name { get; set; }

    internal ConfigurationText? CorsPolicy { get; set; }

    internal bool AllowGetBody { get; set; }

    internal ConfigurationText? MtlsCertificate { get; set; }

    internal bool ForwardSearch { get; set; } = true;

    internal int Status { get; set; } = 302;

    /// <summary>Raw: <c>$env()</c> is not filled in inside a URL.</summary>
    internal ConfigurationValue? Target { get; set; }

    internal UrlTemplateKind TargetKind { get; set; }

    /// <summary>Set for what has no target.</summary>
    internal RouteHandlerConfig? Handler { get; set; }

    /// <summary>Checks what hangs together, and makes the route; null when something was wrong.</summary>
    internal RouteConfig? Finish(ConfigurationContext context, IReadOnlyCollection<string> corsPolicies)
    {
        var template = CheckPath(context);
        CheckCertificate(context);
        CheckCorsPolicy(context, corsPolicies);
        var handler = Handler ?? TargetHandler(context, template);
        if (handler is null || template is null)
        {
            return null;
        }

        return new RouteConfig
        {
            Path = template.Text,
            PathMode = PathMode,
            Methods = Methods,
            Host = Host,
            Name = Name ?? (Methods.Count == 0 ? template.Text : $"{string.Join(",", Methods)} {template.Text}"),
            Handler = handler,
            CorsPolicy = CorsPolicy?.Text ?? "none",
            AllowGetBody = AllowGetBody,
            Source = At.Source,
            MtlsCertificateSource = MtlsCertificate is { } certificate ? SourceOf(certificate.At) : null,
            TargetSource = Target is { } target ? SourceOf(target) : null,
        };
    }

    private PathTemplate? CheckPath(ConfigurationContext context)
    {
        if (Path is not { } path)
        {
            return null;
        }

        var problems = new List<string>();
        var template = PathTemplate.Parse(path.Text, PathMode, problems);
        problems.ForEach(p => context.Error(path.At, p));
        return template;
    }

    private void CheckCertificate(ConfigurationContext context)
    {
        if (MtlsCertificate is { } certificate && CertificateName.ProblemOf(certificate.Text) is { } problem)
        {
            context.Error(certificate.At, $"{certificate.Whose}{problem}");
        }
    }

    private void CheckCorsPolicy(ConfigurationContext context, IReadOnlyCollection<string> corsPolicies)
    {
        var known = BuiltInCorsPolicies.Concat(corsPolicies).ToList();
        if (CorsPolicy is { } policy && !known.Contains(policy.Text))
        {
            context.Error(policy.At, $"{policy.Whose}is not a known CORS policy; known are {string.Join(", ", known)}, more are defined by corsPolicies{NearestName.Suggest(policy.Text, known)}");
        }
    }

    private RouteHandlerConfig? TargetHandler(ConfigurationContext context, PathTemplate? template)
    {
        if (Target is not { } target)
        {
            return null;
        }

        if (target.Kind != ConfigurationValueKind.Text)
        {
            context.Error(target, "must be a string in quotes");
            return null;
        }

        var problems = new List<string>();
        var parts = UrlTemplateSyntax.Parse(target.Text, TargetKind, template?.Parameters, context.Variables, problems);
        problems.ForEach(p => context.Error(target, p));
        if (parts is null)
        {
            return null;
        }

        if (parts.Scheme == "http" && MtlsCertificate is not null)
        {
            context.Error(target, "is http://, over which no certificate can be presented; write https://, or remove mtlsCertificate");
        }

        return TargetKind switch
        {
            UrlTemplateKind.Base => new RouteHandlerConfig.UrlForward(parts.Text) { MtlsCertificate = MtlsCertificate?.Text, ForwardSearch = ForwardSearch },
            UrlTemplateKind.Pattern => new RouteHandlerConfig.UrlRewrite(parts.Text) { MtlsCertificate = MtlsCertificate?.Text, ForwardSearch = ForwardSearch },
            _ => new RouteHandlerConfig.Redirect(parts.Text, Status),
        };
    }

    private static SettingSource SourceOf(ConfigurationValue value) => new(value.Source, value.Path, value.Shown);
}
