namespace PipeProxy.Configuration;

/// <summary>Everything a proxy is told, as one immutable value: what <c>pipeproxy.json</c> says, or what an embedding host builds.</summary>
/// <remarks>Applied whole or not at all. The hot path never reads it; it reads what is compiled from it.</remarks>
public sealed record ProxyConfig
{
    /// <summary>The host's own name for this version of the configuration; shown in events and logs. Default: empty.</summary>
    public string Revision { get; init; } = "";

    /// <summary>Which environment this proxy serves; a certificate must be enabled for it. Default <see cref="EnvironmentType.Development"/>.</summary>
    public EnvironmentType EnvironmentType { get; init; } = EnvironmentType.Development;

    /// <summary>Addresses that clients connect to. At least one.</summary>
    public IReadOnlyList<ListenerConfig> Listeners { get; init; } = [];

    /// <summary>Routes in order; the first that matches is taken.</summary>
    public IReadOnlyList<RouteConfig> Routes { get; init; } = [];

    /// <summary>Settings per origin, keyed by <c>scheme://host[:port]</c> in lower case without a path.</summary>
    public IReadOnlyDictionary<string, UpstreamConfig> Upstreams { get; init; } = new Dictionary<string, UpstreamConfig>();

    /// <summary>Directory of the certificate store, absolute. Null: the host brings its own source.</summary>
    public string? CertificateStore { get; init; }

    /// <summary>Client certificates besides those of the store, or of the host's own source. No name may be in both.</summary>
    public IReadOnlyList<CertificateConfig> Certificates { get; init; } = [];

    /// <summary>PEM file that replaces the system's roots when origins are verified, absolute (as curl's <c>--cacert</c>). Null: the system's roots.</summary>
    public string? TrustedCertificates { get; init; }

    /// <summary>Deadlines. See <see cref="TimeoutConfig"/>.</summary>
    public TimeoutConfig Timeouts { get; init; } = new();

    /// <summary>Bounds on what a client or an origin may send. See <see cref="LimitConfig"/>.</summary>
    public LimitConfig Limits { get; init; } = new();

    /// <summary>Which status codes failures become. Default <see cref="StatusProfile.Zuplo"/>.</summary>
    public StatusProfile StatusProfile { get; init; } = StatusProfile.Zuplo;

    /// <summary>How much of a failure a client is told. Default <see cref="ErrorDetail.ByEnvironment"/>.</summary>
    public ErrorDetail ErrorDetail { get; init; } = ErrorDetail.ByEnvironment;

    /// <summary>Where each request is logged. Null: nowhere.</summary>
    public AccessLogConfig? AccessLog { get; init; }

    /// <summary>Addresses to use instead of DNS, by host name in lower case.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Resolve { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>How old a DNS answer may get before it is asked again. Default 30 s, at most 60 s.</summary>
    public TimeSpan DnsRefresh { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>CORS policies that routes name, besides <c>none</c> and <c>anything-goes</c>.</summary>
    public IReadOnlyList<CorsPolicyConfig> CorsPolicies { get; init; } = [];

    /// <summary>What is told to the origin about the client. See <see cref="ForwardingConfig"/>.</summary>
    public ForwardingConfig Forwarding { get; init; } = new();

    /// <summary>Where <see cref="TrustedCertificates"/> was said; null when a host built it.</summary>
    public SettingSource? TrustedCertificatesSource { get; init; }

    /// <summary>Where the file of <see cref="AccessLog"/> was said; null when a host built it.</summary>
    public SettingSource? AccessLogSource { get; init; }
}

/// <summary>What kind of environment a proxy serves or a certificate may be used in.</summary>
public enum EnvironmentType
{
    /// <summary>One's own machine or a shared development stage.</summary>
    Development,

    /// <summary>A stage that shows a change before it goes live.</summary>
    Preview,

    /// <summary>Live traffic; clients are told little about failures.</summary>
    Production,
}

/// <summary>Which status codes the proxy's own answers carry.</summary>
public enum StatusProfile
{
    /// <summary>522 for every failure before a response byte; the contract of the hosted product.</summary>
    Zuplo,

    /// <summary>522 connect, 525 handshake, 526 origin certificate, 520 reset.</summary>
    Cloudflare,

    /// <summary>502 and 504, as RFC 9209 recommends per error type.</summary>
    Rfc9209,
}

/// <summary>How much of a failure a client is told.</summary>
public enum ErrorDetail
{
    /// <summary>Full in development and preview, generic in production.</summary>
    ByEnvironment,

    /// <summary>Cause and next step, always.</summary>
    Full,

    /// <summary>A generic text; the cause goes to the log only.</summary>
    Generic,
}
