namespace PipeProxy.Configuration;

/// <summary>Reads <c>handler</c>: <c>export</c>, <c>module</c> and <c>options</c>, as the guide's product writes them.</summary>
internal static class HandlerSection
{
    private const string BuiltInModule = "$import(@zuplo/runtime)";
    private const string OwnModules = "$import(./modules/";

    private static readonly string[] Exports = ["urlForwardHandler", "urlRewriteHandler", "redirectHandler"];

    /// <summary>Reads into <paramref name="draft"/>.</summary>
    internal static void Read(ConfigurationSection section, string shape, RouteDraft draft, ConfigurationContext context)
    {
        var export = section.RequiredText("export", $"write one of {string.Join(", ", Exports)}, or default with a module of your own");
        var module = section.RequiredText("module", $"write \"{BuiltInModule}\"");
        var options = section.Take("options");
        section.Finish();
        if (export is not { } name || module is not { } from)
        {
            return;
        }

        if (from.Text.StartsWith(OwnModules, StringComparison.Ordinal) && from.Text.EndsWith(')'))
        {
            ReadFunction(name.Text, from, draft, context);
        }
        else if (from.Text != BuiltInModule)
        {
            context.Error(from.At, $"is not a known module; write \"{BuiltInModule}\" for the built-in handlers, or \"{OwnModules}NAME)\" for a function that the host registered{NearestName.Suggest(from.Text, [BuiltInModule])}");
        }
        else
        {
            ReadBuiltIn(name, options ?? ConfigurationValue.ObjectOf(section.Value.PathOf("options")), section, shape, draft, context);
        }
    }

    private static void ReadBuiltIn(ConfigurationText export, ConfigurationValue options, ConfigurationSection section, string shape, RouteDraft draft, ConfigurationContext context)
    {
        // The guide's product documents both spellings.
        var kind = export.Text switch
        {
            "urlForwardHandler" or "UrlForwardHandler" => UrlTemplateKind.Base,
            "urlRewriteHandler" or "UrlRewriteHandler" => UrlTemplateKind.Pattern,
            "redirectHandler" or "RedirectHandler" => UrlTemplateKind.Location,
            _ => (UrlTemplateKind?)null,
        };
        if (kind is null)
        {
            context.Unsupported(
                export.At,
                $"is a handler that is not supported; supported are {string.Join(", ", Exports)}",
                "answers 501 in its place",
                NearestName.Suggest(export.Text, Exports));
            draft.Handler = new RouteHandlerConfig.Unsupported(export.Text);
        }
        else if (ConfigurationSection.Open(options, $"{shape}.options", context) is { } opened)
        {
            // Absent options have no place of their own; the handler's is next to it.
            ReadOptions(opened, options.Source ?? section.Value.Source, kind.Value, draft, context);
            opened.Finish();
        }
    }

    private static void ReadOptions(ConfigurationSection options, SourcePosition? source, UrlTemplateKind kind, RouteDraft draft, ConfigurationContext context)
    {
        draft.TargetKind = kind;
        var (key, example) = kind switch
        {
            UrlTemplateKind.Base => ("baseUrl", "the origin's URL, such as \"https://my-alb.example\""),
            UrlTemplateKind.Pattern => ("rewritePattern", "the URL to ask for, such as \"https://my-alb.example/v2/${params.id}\""),
            _ => ("location", "where the client is sent, such as \"/new\""),
        };
        draft.Target = options.Take(key);
        if (draft.Target is null)
        {
            context.Error(source, options.Value.PathOf(key), null, $"is missing; write {example}");
        }

        if (kind == UrlTemplateKind.Location)
        {
            ReadStatus(options, draft, context);
            return;
        }

        ReadForwarding(options, draft);
        if (options.Take("followRedirects") is { } follow && options.Flag("followRedirects") == true)
        {
            context.Unsupported(follow, "following redirects is not supported: it would carry the certificate to wherever the origin points", "is taken for false");
        }
    }

    /// <summary>What <c>options</c> and an inline route have in common.</summary>
    internal static void ReadForwarding(ConfigurationSection options, RouteDraft draft)
    {
        draft.MtlsCertificate = options.Text("mtlsCertificate");
        draft.ForwardSearch = options.Flag("forwardSearch") ?? true;
        draft.AllowGetBody = options.Flag("allowGetBody") ?? false;
    }

    private static void ReadStatus(ConfigurationSection options, RouteDraft draft, ConfigurationContext context)
    {
        var status = options.Integer("status", 300, 399) ?? 302;
        if (status is 301 or 302 or 303 or 307 or 308)
        {
            draft.Status = status;
        }
        else
        {
            context.Error(options.Take("status")!, "is not a redirect; must be 301, 302, 303, 307 or 308");
        }
    }

    private static void ReadFunction(string export, ConfigurationText module, RouteDraft draft, ConfigurationContext context)
    {
        var path = module.Text[OwnModules.Length..^1];
        var name = export == "default" ? path : $"{path}#{export}";
        if (context.Functions.Contains(name))
        {
            draft.Handler = new RouteHandlerConfig.Function(name);
            return;
        }

        var known = context.Functions.Count == 0 ? "none is registered here" : $"registered are {string.Join(", ", context.Functions.Order(StringComparer.Ordinal))}";
        context.Unsupported(
            module.At,
            $"names the function \"{name}\", which no host registered ({known}); functions are C#, registered by the program that embeds the proxy with MapHandler(\"{name}\", ...)",
            "answers 501 in its place");
        draft.Handler = new RouteHandlerConfig.Unsupported(module.Text);
    }
}
