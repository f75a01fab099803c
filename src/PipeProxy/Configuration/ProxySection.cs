using System.Net;

namespace PipeProxy.Configuration;

/// <summary>Reads the root of <c>pipeproxy.json</c>, with the command line's values in place, into a <see cref="ProxyConfig"/>.</summary>
internal sealed class ProxySection(ConfigurationSection root, ConfigurationOverrides overrides, ConfigurationPaths paths, ConfigurationContext context)
{
    /// <summary>Far beyond what any server takes; a larger value is a slip of the keyboard.</summary>
    private const int MaxHead = 1 << 20;

    // One line of it is read in one block.
    private const int MaxTrailers = 64 * 1024;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    internal static readonly Dictionary<string, EnvironmentType> EnvironmentTypes = new(StringComparer.Ordinal)
    {
        ["development"] = EnvironmentType.Development,
        ["preview"] = EnvironmentType.Preview,
        ["production"] = EnvironmentType.Production,
    };

    private static readonly Dictionary<string, StatusProfile> StatusProfiles = new(StringComparer.Ordinal)
    {
        ["zuplo"] = StatusProfile.Zuplo,
        ["cloudflare"] = StatusProfile.Cloudflare,
        ["rfc9209"] = StatusProfile.Rfc9209,
    };

    private static readonly Dictionary<string, ErrorDetail> ErrorDetails = new(StringComparer.Ordinal)
    {
        ["byEnvironment"] = ErrorDetail.ByEnvironment,
        ["full"] = ErrorDetail.Full,
        ["generic"] = ErrorDetail.Generic,
    };

    private static readonly Dictionary<string, AccessLogFormat> AccessLogFormats = new(StringComparer.Ordinal)
    {
        ["json"] = AccessLogFormat.Json,
        ["combined"] = AccessLogFormat.Combined,
    };

    internal ProxyConfig Read()
    {
        root.Take("$schema");
        var corsPolicies = root.Sections("corsPolicies").Select(ReadCorsPolicy).OfType<CorsPolicyConfig>().ToList();
        var trusted = root.Text("trustedCertificates");
        var accessLog = ReadAccessLog(out var accessLogSource);
        var config = new ProxyConfig
        {
            Revision = root.Text("revision")?.Text ?? "",
            EnvironmentType = root.Choice("environmentType", EnvironmentTypes) ?? EnvironmentType.Development,
            Listeners = ListenerSection.Read(root, overrides, paths, context),
            CorsPolicies = corsPolicies,
            Upstreams = UpstreamSection.Read(root, context),
            Routes = new RoutesSection(root, paths, context).Read([.. corsPolicies.Select(p => p.Name)]),
            CertificateStore = ReadStore(),
            Certificates = CertificateSection.Read(root, paths, context),
            TrustedCertificates = paths.ExistingFile(trusted, context),
            TrustedCertificatesSource = trusted is { } at ? new SettingSource(at.At.Source, at.At.Path, at.At.Shown) : null,
            Timeouts = ReadTimeouts(),
            Limits = ReadLimits(),
            StatusProfile = root.Choice("statusProfile", StatusProfiles) ?? StatusProfile.Zuplo,
            ErrorDetail = root.Choice("errorDetail", ErrorDetails) ?? ErrorDetail.ByEnvironment,
            AccessLog = accessLog,
            AccessLogSource = accessLogSource,
            Resolve = ReadResolve(),
            DnsRefresh = root.Duration("dnsRefresh", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)) ?? TimeSpan.FromSeconds(30),
            Forwarding = ReadForwarding(),
        };
        root.Finish();
        return config;
    }

    // Null after an error: of a store that is none nobody is told, too, what is not in it.
    private string? ReadStore()
    {
        var text = root.Text("certificateStore");
        var path = paths.Resolve(text, context);
        if (path is null || ConfigurationPaths.ProblemOfStore(path) is not { } problem)
        {
            return path;
        }

        context.Error(text!.Value.At, $"{text.Value.Whose}{problem}");
        return null;
    }

    private TimeoutConfig ReadTimeouts()
    {
        var defaults = new TimeoutConfig();
        if (root.Section("timeouts") is not { } section)
        {
            return defaults;
        }

        var timeouts = new TimeoutConfig
        {
            Connect = section.Duration("connect", Shortest) ?? defaults.Connect,
            Handshake = section.Duration("handshake", Shortest) ?? defaults.Handshake,
            RequestHead = section.Duration("requestHead", Shortest) ?? defaults.RequestHead,
            FirstByte = section.Duration("firstByte", Shortest) ?? defaults.FirstByte,
            BetweenBytes = section.Duration("betweenBytes", Shortest) ?? defaults.BetweenBytes,
            KeepAlive = section.Duration("keepAlive", Shortest) ?? defaults.KeepAlive,
            Total = section.Duration("total", Shortest),
            Tunnel = section.Duration("tunnel", Shortest) ?? defaults.Tunnel,
            Drain = section.Duration("drain", TimeSpan.Zero) ?? defaults.Drain,
        };
        section.Finish();
        return timeouts;
    }

    private LimitConfig ReadLimits()
    {
        var defaults = new LimitConfig();
        if (root.Section("limits") is not { } section)
        {
            return defaults;
        }

        var unlimited = section.Take("body") is { Kind: ConfigurationValueKind.Text, Text: "unlimited" };
        var limits = new LimitConfig
        {
            RequestLine = (int?)section.Size("requestLine", 64, MaxHead) ?? defaults.RequestLine,
            Uri = (int?)section.Size("uri", 1, MaxHead),
            Field = (int?)section.Size("field", 64, MaxHead) ?? defaults.Field,
            Fields = (int?)section.Size("fields", 64, MaxHead) ?? defaults.Fields,
            FieldCount = section.Integer("fieldCount", 1, 10_000) ?? defaults.FieldCount,
            ResponseHead = (int?)section.Size("responseHead", 64, MaxHead) ?? defaults.ResponseHead,
            Body = unlimited ? null : section.Size("body", 0, long.MaxValue, "\"unlimited\"") ?? defaults.Body,
            ChunkExtensions = (int?)section.Size("chunkExtensions", 0, MaxHead) ?? defaults.ChunkExtensions,
            Trailers = (int?)section.Size("trailers", 0, MaxTrailers) ?? defaults.Trailers,
            InterimResponses = section.Integer("interimResponses", 0, 10_000) ?? defaults.InterimResponses,
            Connections = section.Integer("connections", 1, 10_000_000) ?? defaults.Connections,
            ConnectionsPerClient = section.Integer("connectionsPerClient", 1, 10_000_000),
            RequestsPerConnection = section.Integer("requestsPerConnection", 1, int.MaxValue),
            HandshakesPerSecond = section.Integer("handshakesPerSecond", 1, 1_000_000),
            OriginHandshakes = section.Integer("originHandshakes", 1, 1_000_000) ?? defaults.OriginHandshakes,
            OriginHandshakesPerSecond = section.Integer("originHandshakesPerSecond", 1, 1_000_000),
            RequestBodyRate = (int?)section.Size("requestBodyRate", 0, int.MaxValue) ?? defaults.RequestBodyRate,
            ResponseBodyRate = (int?)section.Size("responseBodyRate", 0, int.MaxValue) ?? defaults.ResponseBodyRate,
        };
        section.Finish();
        return limits;
    }

    private AccessLogConfig? ReadAccessLog(out SettingSource? source)
    {
        source = null;
        if (root.Section("accessLog") is not { } section)
        {
            return null;
        }

        var file = section.RequiredText("file", "write a path, or \"-\" for standard output");
        var format = section.Choice("format", AccessLogFormats) ?? AccessLogFormat.Json;
        section.Finish();
        source = file is { } at ? new SettingSource(at.At.Source, at.At.Path, at.At.Shown) : null;
        var path = file?.Text == "-" ? "-" : paths.Resolve(file, context);
        return path is null ? null : new AccessLogConfig(path, format);
    }

    private Dictionary<string, IReadOnlyList<string>> ReadResolve()
    {
        var resolve = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var host in root.Section("resolve")?.Value.Members ?? [])
        {
            if (host.Value.Kind != ConfigurationValueKind.Array || host.Value.Elements.Count == 0)
            {
                context.Error(host.Value, "must be a list of IP addresses in brackets, [ ... ], with at least one");
                continue;
            }

            foreach (var wrong in host.Value.Elements.Where(e => e.Kind != ConfigurationValueKind.Text || !IPAddress.TryParse(e.Text, out _)))
            {
                context.Error(wrong, "must be an IP address in quotes, such as \"10.0.0.1\" or \"fd00::1\"");
            }

            if (!resolve.TryAdd(host.Name.ToLowerInvariant(), [.. host.Value.Elements.Select(e => e.Text)]))
            {
                context.Error(host.Source, host.Value.Path, null, "is the same host as another key; keep one");
            }
        }

        return resolve;
    }

    private ForwardingConfig ReadForwarding()
    {
        var defaults = new ForwardingConfig();
        if (root.Section("forwarding") is not { } section)
        {
            return defaults;
        }

        var upgrades = section.Texts("upgrades");
        foreach (var upgrade in upgrades)
        {
            if (upgrade.Text.Equals("h2c", StringComparison.OrdinalIgnoreCase))
            {
                context.Error(upgrade.At, "cannot be upgraded to: h2c hides requests from the proxy; remove it");
            }
            else if (upgrade.Text.Length == 0 || !upgrade.Text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '/' or '_' or '+'))
            {
                context.Error(upgrade.At, $"{upgrade.Whose}is no protocol's name; write such as \"websocket\"");
            }
        }

        var forwarding = new ForwardingConfig
        {
            TrustedHops = NetworkList.Read(section, "trustedHops", context),
            Forwarded = section.Flag("forwarded") ?? defaults.Forwarded,
            Upgrades = section.Take("upgrades") is null ? defaults.Upgrades : [.. upgrades.Select(u => u.Text.ToLowerInvariant())],
        };
        section.Finish();
        return forwarding;
    }

    private CorsPolicyConfig? ReadCorsPolicy(ConfigurationSection section)
    {
        var name = section.RequiredText("name", "routes name the policy by it");
        var origins = section.Texts("allowedOrigins");
        var seconds = section.Integer("maxAge", 0, 86_400);
        var policy = new CorsPolicyConfig(name?.Text ?? "")
        {
            AllowedOrigins = [.. origins.Select(o => o.Text)],
            AllowedMethods = [.. section.Texts("allowedMethods").Select(t => t.Text)],
            AllowedHeaders = [.. section.Texts("allowedHeaders").Select(t => t.Text)],
            ExposeHeaders = [.. section.Texts("exposeHeaders").Select(t => t.Text)],
            MaxAge = seconds is { } s ? TimeSpan.FromSeconds(s) : null,
            AllowCredentials = section.Flag("allowCredentials") ?? false,
        };
        section.Finish();
        if (name is { Text: "none" or "anything-goes" or "" } reserved)
        {
            context.Error(reserved.At, "cannot be a policy's name; none and anything-goes are built in");
        }

        if (policy.AllowCredentials && policy.AllowedOrigins.Contains("*"))
        {
            context.Error(section.Take("allowCredentials")!, "cannot be true with the allowed origin *, which browsers refuse; list the origins");
        }

        if (origins.Count == 0 && section.Take("allowedOrigins") is null or { Kind: ConfigurationValueKind.Array, Elements.Count: 0 })
        {
            context.Error(section.Value.Source, section.Value.PathOf("allowedOrigins"), null, "is missing; list origins such as \"https://app.example\", or \"*\"");
        }

        return name is null ? null : policy;
    }
}
