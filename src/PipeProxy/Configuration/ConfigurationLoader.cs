using System.Collections;
using System.Text;

namespace PipeProxy.Configuration;

/// <summary>Reads <c>pipeproxy.json</c>, the routes files and the command line into one <see cref="ProxyConfig"/>.</summary>
public static class ConfigurationLoader
{
    /// <summary>Read when no file is named.</summary>
    public const string DefaultFile = "pipeproxy.json";

    /// <summary>Where certificates are when nothing says so.</summary>
    public const string DefaultStore = "certificates";

    /// <summary>Names the store where neither the command line nor the file does.</summary>
    public const string StoreVariable = "PIPEPROXY_STORE";

    /// <summary>Reads everything that <paramref name="overrides"/> and the files say.</summary>
    /// <param name="overrides">The command line.</param>
    /// <param name="workingDirectory">Where relative paths of the command line begin; null: the process's own.</param>
    /// <param name="environment">Environment variables; null: the process's own. They win over the <c>--env-file</c>.</param>
    /// <param name="functions">Names of handlers that the host registered; null: none.</param>
    /// <returns>Never throws for what stands in the files: every error is in the result.</returns>
    public static ConfigurationResult Load(
        ConfigurationOverrides overrides,
        string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null,
        IReadOnlySet<string>? functions = null)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        var context = new ConfigurationContext(environment ?? ProcessEnvironment(), functions ?? new HashSet<string>(), overrides.AllowUnsupported);
        var paths = new ConfigurationPaths(workingDirectory ?? Environment.CurrentDirectory);
        if (overrides.EnvFile is { } envFile)
        {
            ReadVariables(envFile, paths, context);
        }

        var file = FileOf(overrides, paths, context);
        var document = file is { } named ? paths.ReadDocument(named, context) : ConfigurationValue.ObjectOf("");
        var config = document is null ? null : Read(document, overrides, paths, context);
        return new ConfigurationResult(context.HasErrors ? null : config, context.ErrorsInOrder, [.. context.Files.Distinct(StringComparer.Ordinal)]) { ConfigFile = file?.Text, Draft = config };
    }

    /// <summary>Reads a document with the command line's values in place; errors go to <paramref name="context"/>.</summary>
    internal static ProxyConfig? Read(ConfigurationValue document, ConfigurationOverrides overrides, ConfigurationPaths paths, ConfigurationContext context)
    {
        if (ConfigurationSection.Open(document, "", context) is not { } root)
        {
            return null;
        }

        PutOverrides(document, overrides, context);
        var config = new ProxySection(root, overrides, paths, context).Read();
        WarnExposed(config, document, context);
        WarnUnused(config, context);
        return config;
    }

    // Null: none is named, and the default one is not there.
    private static ConfigurationText? FileOf(ConfigurationOverrides overrides, ConfigurationPaths paths, ConfigurationContext context)
    {
        var file = overrides.ConfigFile ?? DefaultFile;
        var text = new ConfigurationText(file, ConfigurationValue.OfFlag("--config", file), FromVariable: false);
        if (overrides.ConfigFile is null && !Path.Exists(paths.Resolve(text, context)))
        {
            context.Files.Add(paths.Resolve(text, context)!);
            return null;
        }

        return text;
    }

    private static void ReadVariables(string envFile, ConfigurationPaths paths, ConfigurationContext context)
    {
        var text = new ConfigurationText(envFile, ConfigurationValue.OfFlag("--env-file", envFile), FromVariable: false);
        if (paths.ReadBytes(text, context) is not { } bytes)
        {
            return;
        }

        var variables = DotenvFile.Parse(envFile, Encoding.UTF8.GetString(bytes), context);
        foreach (var (name, value) in context.Variables)
        {
            variables[name] = value;
        }

        context.Variables = variables;
    }

    /// <summary>A flag takes the place of its key in the tree, so that both are read and checked by the same code.</summary>
    private static void PutOverrides(ConfigurationValue document, ConfigurationOverrides overrides, ConfigurationContext context)
    {
        static ConfigurationValue? Flag(string flag, string? text) => text is null ? null : ConfigurationValue.OfFlag(flag, text);

        document.Set("environmentType", Flag("--environment-type", overrides.EnvironmentType));
        document.Set("statusProfile", Flag("--status-profile", overrides.StatusProfile));
        document.Set("errorDetail", Flag("--error-detail", overrides.ErrorDetail));
        document.Set("trustedCertificates", Flag("--trusted-ca", overrides.TrustedCa));
        document.Set("certificateStore", Flag("--store", overrides.Store));
        document.Set("routes", Flag("--routes", overrides.Routes));
        if (!document.Members.Exists(m => m.Name == "certificateStore"))
        {
            document.Set("certificateStore", Flag(StoreVariable, context.Variables.GetValueOrDefault(StoreVariable, DefaultStore)));
        }

        if (overrides.Listen.Count > 0)
        {
            document.Set("listeners", ConfigurationValue.ArrayOf("--listen", overrides.Listen.Select(l => ConfigurationValue.ObjectOf("--listen", ("url", Flag("--listen", l))))));
        }

        if (Flag("--access-log", overrides.AccessLog) is { } log)
        {
            if (document.Members.Find(m => m.Name == "accessLog")?.Value is { Kind: ConfigurationValueKind.Object } accessLog)
            {
                accessLog.Set("file", log);
            }
            else
            {
                document.Set("accessLog", ConfigurationValue.ObjectOf("--access-log", ("file", log)));
            }
        }

        if (overrides.Forward is not null)
        {
            if (overrides.Routes is not null)
            {
                context.Error(null, "--forward", overrides.Forward, "comes with --routes; --forward is a route of its own, give one of them");
            }

            var route = ConfigurationValue.ObjectOf(
                "--forward", ("path", Flag("--forward", "/{*path}")), ("baseUrl", Flag("--forward", overrides.Forward)), ("mtlsCertificate", Flag("--mtls-certificate", overrides.MtlsCertificate)));
            document.Set("routes", ConfigurationValue.ArrayOf("--forward", [route]));
        }
        else if (overrides.MtlsCertificate is not null)
        {
            context.Error(null, "--mtls-certificate", overrides.MtlsCertificate, "comes without --forward; in files a route names its certificate as mtlsCertificate");
        }
    }

    private static void WarnExposed(ProxyConfig config, ConfigurationValue document, ConfigurationContext context)
    {
        if (config.EnvironmentType != EnvironmentType.Development)
        {
            return;
        }

        var said = document.Members.Find(m => m.Name == "environmentType");
        if (said is not null && context.Errors.Exists(e => e.Source == said.Value.Source && e.Setting == "environmentType"))
        {
            // It is not known yet what was meant.
            return;
        }

        foreach (var listener in config.Listeners)
        {
            if (ListenerAddress.TryParse(listener.Url, out var address, out _) && !address.IsLoopback)
            {
                context.Warn(
                    said?.Value.Source ?? listener.Source, "environmentType", "development",
                    $"is served on {listener.Url}, which others can reach, and tells them the causes of failures; say production or preview, or listen on 127.0.0.1");
            }
        }
    }

    /// <summary>Settings of an origin that no route goes to are most likely a misspelt host.</summary>
    private static void WarnUnused(ProxyConfig config, ConfigurationContext context)
    {
        if (context.HasErrors || config.Routes.Any(r => r.Handler is RouteHandlerConfig.Function))
        {
            return;
        }

        var used = config.Routes.Select(OriginOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var (key, upstream) in config.Upstreams.Where(u => !used.Contains(u.Key)))
        {
            context.Warn(upstream.Source, $"upstreams[\"{key}\"]", null, $"is an origin that no route goes to{NearestName.Suggest(key, used)}");
        }
    }

    private static string? OriginOf(RouteConfig route)
    {
        var (text, kind) = route.Handler switch
        {
            RouteHandlerConfig.UrlForward forward => (forward.BaseUrl, UrlTemplateKind.Base),
            RouteHandlerConfig.UrlRewrite rewrite => (rewrite.RewritePattern, UrlTemplateKind.Pattern),
            _ => (null, default),
        };
        return text is not null && UrlTemplateSyntax.Parse(text, kind, parameters: null, new Dictionary<string, string>(), []) is { } parts ? UpstreamSection.KeyOf(parts) : null;
    }

    private static Dictionary<string, string> ProcessEnvironment()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return variables;
    }
}
