namespace PipeProxy.Configuration;

/// <summary>Reads <c>routes</c>: a file, a list of files, or the routes themselves.</summary>
internal sealed class RoutesSection(ConfigurationSection root, ConfigurationPaths paths, ConfigurationContext context)
{
    internal List<RouteConfig> Read(IReadOnlyCollection<string> corsPolicies)
    {
        var drafts = new List<RouteDraft>();
        var value = root.Take("routes");
        switch (value?.Kind)
        {
            case null when root.Value.Source is null:
                context.Error(null, "configuration", null, $"none was found: there is no {DefaultFile()}, and neither --config, --routes nor --forward is given");
                break;
            case null:
                context.Error(root.Value.Source, "routes", null, "is missing; name a file, write routes inline, or use --routes FILE or --forward URL");
                break;
            case ConfigurationValueKind.Text:
                ReadFiles([root.Text("routes")], drafts);
                break;
            case ConfigurationValueKind.Array when value.Elements.Exists(e => e.Kind == ConfigurationValueKind.Text):
                ReadFiles(value.Elements.Where(e => OnlyFiles(e)).Select(e => (ConfigurationText?)new ConfigurationText(e.Text, e, FromVariable: false)), drafts);
                break;
            case ConfigurationValueKind.Array:
                drafts.AddRange(value.Elements.Select(e => InlineRoutes.Read(e, context)).OfType<RouteDraft>());
                break;
            default:
                context.Error(value, "must be a file's path, a list of paths, or a list of routes");
                break;
        }

        return drafts.Select(d => d.Finish(context, corsPolicies)).OfType<RouteConfig>().ToList();
    }

    private string? DefaultFile() => paths.Resolve(new ConfigurationText(ConfigurationLoader.DefaultFile, ConfigurationValue.OfFlag("--config", ConfigurationLoader.DefaultFile), FromVariable: false), context);

    private bool OnlyFiles(ConfigurationValue element)
    {
        if (element.Kind == ConfigurationValueKind.Text)
        {
            return true;
        }

        context.Error(element, "stands in a list of files; write paths or routes, not both");
        return false;
    }

    /// <summary>In the order of their paths, so that what wins does not hang on how a list happened to be written.</summary>
    private void ReadFiles(IEnumerable<ConfigurationText?> files, List<RouteDraft> drafts)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files.OfType<ConfigurationText>().OrderBy(f => f.Text, StringComparer.Ordinal))
        {
            if (!seen.Add(file.Text))
            {
                context.Error(file.At, "is listed twice; keep one");
            }
            else if (paths.ReadDocument(file, context) is { } document)
            {
                RoutesDocument.Read(document, drafts, context);
            }
        }
    }
}
