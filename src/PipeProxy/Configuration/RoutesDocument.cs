namespace PipeProxy.Configuration;

/// <summary>Reads <c>routes.oas.json</c>: an OpenAPI 3.x document whose operations carry <c>x-zuplo-route</c>.</summary>
/// <remarks>What OpenAPI itself defines is left to OpenAPI and ignored; what concerns the proxy is read strictly. Keys that are in neither are
/// errors, extensions (<c>x-...</c>) of others are not, unless they look like a misspelling of ours.</remarks>
internal static class RoutesDocument
{
    private const string PathExtension = "x-zuplo-path";
    private const string RouteExtension = "x-zuplo-route";

    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch"];
    private static readonly string[] RootKeys = ["$schema", "$self", "info", "jsonSchemaDialect", "servers", "webhooks", "components", "security", "tags", "externalDocs"];
    private static readonly string[] PathKeys = ["summary", "description", "servers", "parameters"];
    private static readonly string[] OperationKeys =
        ["tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses", "callbacks", "deprecated", "security", "servers"];

    /// <summary>Reads the document's routes in file order.</summary>
    internal static void Read(ConfigurationValue root, List<RouteDraft> routes, ConfigurationContext context)
    {
        if (ConfigurationSection.Open(root, "openapi:", context) is not { } document)
        {
            return;
        }

        if (document.RequiredText("openapi", "an OpenAPI document says its version, such as \"3.1.0\"") is { } version && !version.Text.StartsWith("3.", StringComparison.Ordinal))
        {
            context.Error(version.At, "is not supported; must be a version 3, such as \"3.1.0\"");
        }

        if (document.Take("paths") is not { } paths)
        {
            context.Error(root.Source, "paths", null, "is missing; it holds the routes");
        }
        else if (ConfigurationSection.Open(paths, "openapi:paths", context) is not null)
        {
            foreach (var path in paths.Members)
            {
                ReadPath(path, routes, context);
            }
        }

        FinishOpenApi(document, RootKeys);
    }

    private static void ReadPath(ConfigurationMember path, List<RouteDraft> routes, ConfigurationContext context)
    {
        if (path.Name.StartsWith("x-", StringComparison.Ordinal) || ConfigurationSection.Open(path.Value, "openapi:paths.*", context) is not { } section)
        {
            return;
        }

        var mode = PathMode.OpenApi;
        if (section.Section(PathExtension) is { } extension)
        {
            mode = extension.Choice("pathMode", InlineRoutes.PathModes) ?? PathMode.OpenApi;
            extension.Finish();
        }

        // The name's own place is where an error of the template belongs.
        var name = new ConfigurationValue(ConfigurationValueKind.Text, path.Source, path.Value.Path) { Text = path.Name };
        foreach (var member in path.Value.Members.Where(m => Methods.Contains(m.Name)))
        {
            section.Take(member.Name);
            if (ReadOperation(member, name, mode, context) is { } route)
            {
                routes.Add(route);
            }
        }

        foreach (var unsupported in (string[])["trace", "$ref"])
        {
            if (section.Take(unsupported) is { } value)
            {
                var what = unsupported == "trace" ? "TRACE is answered 405 before any route is asked" : "a path that stands elsewhere is not supported";
                context.Unsupported(value, what, "is ignored");
            }
        }

        Array.ForEach(Methods, m => section.Take(m));
        FinishOpenApi(section, PathKeys);
    }

    private static RouteDraft? ReadOperation(ConfigurationMember operation, ConfigurationValue path, PathMode mode, ConfigurationContext context)
    {
        if (ConfigurationSection.Open(operation.Value, "openapi:paths.*.*", context) is not { } section)
        {
            return null;
        }

        var value = section.Take(RouteExtension);
        var name = section.Value.Members.Find(m => m.Name == "operationId")?.Value is { Kind: ConfigurationValueKind.Text } id ? id.Text : null;
        FinishOpenApi(section, OperationKeys);
        if (value is null)
        {
            context.Unsupported(operation.Value, $"this operation has no {RouteExtension}, which says where its requests go", "takes no requests");
            return null;
        }

        if (ConfigurationSection.Open(value, "openapi:paths.*.*.x-zuplo-route", context) is not { } route)
        {
            return null;
        }

        var draft = new RouteDraft
        {
            At = operation.Value,
            Path = new ConfigurationText(path.Text, path, FromVariable: false),
            PathMode = mode,
            Methods = [operation.Name.ToUpperInvariant()],
            Name = name,
        };
        draft.CorsPolicy = route.Text("corsPolicy");
        if (route.Take("handler") is null)
        {
            context.Error(value.Source, value.PathOf("handler"), null, "is missing; it says what becomes of the request");
        }
        else if (route.Section("handler") is { } handler)
        {
            HandlerSection.Read(handler, "openapi:paths.*.*.x-zuplo-route.handler", draft, context);
        }

        ReadPolicies(route, context);
        route.Finish();
        return draft;
    }

    private static void ReadPolicies(ConfigurationSection route, ConfigurationContext context)
    {
        if (route.Section("policies") is not { } policies)
        {
            return;
        }

        foreach (var direction in (string[])["inbound", "outbound"])
        {
            foreach (var policy in policies.List(direction))
            {
                context.Unsupported(policy, $"{direction} policies are not supported: requests would pass without what this one does", "is ignored");
            }
        }

        policies.Finish();
    }

    private static void FinishOpenApi(ConfigurationSection section, string[] foreign)
        => section.Finish(
            key => foreign.Contains(key) || (key.StartsWith("x-", StringComparison.Ordinal) && NearestName.Find(key, [PathExtension, RouteExtension]) is null),
            foreign);
}
