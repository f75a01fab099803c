namespace PipeProxy.Configuration;

/// <summary>Reads <c>upstreams</c>: settings per origin.</summary>
internal static class UpstreamSection
{
    private const string Shape = "upstreams.*";
    private const int MaxHead = 1 << 20;

    private static readonly Dictionary<string, string> NoVariables = [];
    private static readonly TimeSpan AlbIdle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AlbAge = TimeSpan.FromHours(1);

    private static readonly Dictionary<string, bool> Presets = new(StringComparer.Ordinal) { ["aws-alb"] = true };

    internal static Dictionary<string, UpstreamConfig> Read(ConfigurationSection root, ConfigurationContext context)
    {
        var upstreams = new Dictionary<string, UpstreamConfig>(StringComparer.Ordinal);
        if (root.Section("upstreams") is not { } all)
        {
            return upstreams;
        }

        foreach (var member in all.Value.Members)
        {
            var key = KeyOf(member, context);
            if (ConfigurationSection.Open(member.Value, Shape, context) is { } section && ReadOne(section, member, context) is var upstream
                && key is not null && !upstreams.TryAdd(key, upstream))
            {
                context.Error(member.Source, member.Value.Path, null, $"is the same origin as another key, {key}; keep one");
            }
        }

        return upstreams;
    }

    /// <summary><c>scheme://host[:port]</c>: what a key of <c>upstreams</c> and a route's target are compared by.</summary>
    internal static string KeyOf(UrlTemplateParts parts)
    {
        var host = parts.Host.Contains(':') ? $"[{parts.Host}]" : parts.Host;
        return parts.Port == (parts.Scheme == "https" ? 443 : 80) ? $"{parts.Scheme}://{host}" : $"{parts.Scheme}://{host}:{parts.Port}";
    }

    private static string? KeyOf(ConfigurationMember member, ConfigurationContext context)
    {
        var problems = new List<string>();
        var parts = UrlTemplateSyntax.Parse(member.Name, UrlTemplateKind.Base, [], NoVariables, problems);
        if (parts is not null && (parts.Query is not null || parts.Path.Any(p => p.Text != "/")))
        {
            problems.Add("has a path or a query; settings are kept per origin, write scheme://host[:port] alone");
        }

        problems.ForEach(p => context.Error(member.Source, member.Value.Path, null, p));
        return problems.Count == 0 ? KeyOf(parts!) : null;
    }

    private static UpstreamConfig ReadOne(ConfigurationSection section, ConfigurationMember member, ConfigurationContext context)
    {
        var preset = section.Choice("preset", Presets);
        var defaults = preset == true ? UpstreamConfig.AwsAlb : new UpstreamConfig();
        var upstream = defaults with
        {
            ServerName = section.Text("serverName") is { } name ? ServerNameOf(name, context) : null,
            RequireCertificateRequest = section.Flag("requireCertificateRequest") ?? defaults.RequireCertificateRequest,
            TlsResume = section.Flag("tlsResume") ?? defaults.TlsResume,
            Probe = section.Text("probe") is { } probe ? ProbeOf(probe, context) : null,
            Pool = section.Section("pool") is { } pool ? ReadPool(pool, defaults.Pool, context) : defaults.Pool,
            Limits = section.Section("limits") is { } limits ? ReadLimits(limits, defaults.Limits) : defaults.Limits,
            Source = member.Source,
        };
        section.Finish();
        if (preset == true)
        {
            WarnBeyondAlb(section, upstream.Pool, context);
        }

        return upstream;
    }

    private static PoolConfig ReadPool(ConfigurationSection section, PoolConfig defaults, ConfigurationContext context)
    {
        var pool = new PoolConfig
        {
            MaxConnections = section.Integer("maxConnections", 1, 1_000_000) ?? defaults.MaxConnections,
            MaxConnecting = section.Integer("maxConnecting", 1, 1_000_000) ?? defaults.MaxConnecting,
            HandshakesPerSecond = section.Integer("handshakesPerSecond", 1, 1_000_000) ?? defaults.HandshakesPerSecond,
            MinIdle = section.Integer("minIdle", 0, 1_000_000) ?? defaults.MinIdle,
            IdleTimeout = section.Duration("idleTimeout", TimeSpan.Zero) ?? defaults.IdleTimeout,
            MaxAge = section.Duration("maxAge", TimeSpan.FromSeconds(1)) ?? defaults.MaxAge,
            QueueTimeout = section.Duration("queueTimeout", TimeSpan.Zero) ?? defaults.QueueTimeout,
            DrainTimeout = section.Duration("drainTimeout", TimeSpan.Zero) ?? defaults.DrainTimeout,
            Breaker = section.Section("breaker") is { } breaker ? ReadBreaker(breaker, defaults.Breaker) : defaults.Breaker,
        };
        if (pool.MinIdle > pool.MaxConnections)
        {
            context.Error(section.Take("minIdle") ?? section.Take("maxConnections")!, $"keeps more connections idle than there may be: minIdle is {pool.MinIdle}, maxConnections is {pool.MaxConnections}");
        }

        section.Finish();
        return pool;
    }

    private static BreakerConfig ReadBreaker(ConfigurationSection section, BreakerConfig defaults)
    {
        var breaker = new BreakerConfig
        {
            Refusals = section.Integer("refusals", 0, 1_000_000) ?? defaults.Refusals,
            OpenTime = section.Duration("openTime", TimeSpan.FromMilliseconds(100)) ?? defaults.OpenTime,
        };
        section.Finish();
        return breaker;
    }

    private static UpstreamLimitConfig ReadLimits(ConfigurationSection section, UpstreamLimitConfig defaults)
    {
        var limits = new UpstreamLimitConfig
        {
            RequestLine = (int?)section.Size("requestLine", 64, MaxHead) ?? defaults.RequestLine,
            Field = (int?)section.Size("field", 64, MaxHead) ?? defaults.Field,
            Fields = (int?)section.Size("fields", 64, MaxHead) ?? defaults.Fields,
            ResponseHead = (int?)section.Size("responseHead", 64, MaxHead) ?? defaults.ResponseHead,
            ForwardedFor = section.Integer("forwardedFor", 1, 1000) ?? defaults.ForwardedFor,
        };
        section.Finish();
        return limits;
    }

    private static string? ServerNameOf(ConfigurationText name, ConfigurationContext context)
    {
        var text = name.Text.ToLowerInvariant();
        if (text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            return text;
        }

        context.Error(name.At, $"{name.Whose}is not a host name; write the name that the origin's certificate carries, such as \"my-alb.example\"");
        return null;
    }

    // Origin form (RFC 9112 section 3.2.1), as it is sent.
    private static string? ProbeOf(ConfigurationText path, ConfigurationContext context)
    {
        if (path.Text is ['/', ..] && path.Text.Length <= 1024 && path.Text.All(static c => c is > ' ' and < (char)0x7F and not '#'))
        {
            return path.Text;
        }

        context.Error(path.At, $"{path.Whose}is not a path; write what a GET may ask for, such as \"/healthz\"");
        return null;
    }

    private static void WarnBeyondAlb(ConfigurationSection section, PoolConfig pool, ConfigurationContext context)
    {
        var settings = section.Take("pool");
        if (pool.IdleTimeout >= AlbIdle && settings?.Members.Find(m => m.Name == "idleTimeout")?.Value is { } idle)
        {
            context.Warn(idle.Source, idle.Path, idle.Shown, "is not below 60s, after which an ALB closes an idle connection by default; requests will meet closed connections");
        }

        if (pool.MaxAge >= AlbAge && settings?.Members.Find(m => m.Name == "maxAge")?.Value is { } age)
        {
            context.Warn(age.Source, age.Path, age.Shown, "is not below 1h, after which an ALB ends a connection; requests will meet closed connections");
        }
    }
}
