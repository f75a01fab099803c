namespace PipeProxy.Configuration;

/// <summary>Settings for one origin.</summary>
public sealed record UpstreamConfig
{
    /// <summary>A known kind of origin whose limits are taken as defaults: <c>aws-alb</c>. Null: none.</summary>
    public string? Preset { get; init; }

    /// <summary>Name sent as SNI and checked against the origin's certificate. Null: the URL's host.</summary>
    public string? ServerName { get; init; }

    /// <summary>A connection over which the origin asked for no client certificate is refused when the route names one. Default false; true under <c>aws-alb</c>.</summary>
    public bool RequireCertificateRequest { get; init; }

    /// <summary>TLS session resumption although a client certificate is presented. Default false.</summary>
    public bool TlsResume { get; init; }

    /// <summary>Path that a changed certificate is tried with before it is in force: any HTTP answer to a GET of it accepts. Null: the connection's silence for 2 s does.</summary>
    public string? Probe { get; init; }

    /// <summary>How connections are kept.</summary>
    public PoolConfig Pool { get; init; } = new();

    /// <summary>What this origin is known to refuse, refused here with a clear answer.</summary>
    public UpstreamLimitConfig Limits { get; init; } = new();

    /// <summary>Where this was said; null when a host built it.</summary>
    public SourcePosition? Source { get; init; }

    /// <summary>What the preset <c>aws-alb</c> stands for.</summary>
    public static UpstreamConfig AwsAlb { get; } = new()
    {
        Preset = "aws-alb",
        RequireCertificateRequest = true,
        Pool = new PoolConfig { IdleTimeout = TimeSpan.FromSeconds(55), MaxAge = TimeSpan.FromMinutes(50) },
        Limits = new UpstreamLimitConfig { RequestLine = 16 * 1024, Field = 16 * 1024, Fields = 64 * 1024, ResponseHead = 32 * 1024, ForwardedFor = 30 },
    };
}

/// <summary>Bounds of one origin. Null: the proxy's own limit alone. Sizes in bytes.</summary>
public sealed record UpstreamLimitConfig
{
    /// <summary>Request line as it is sent to the origin, with its CRLF; then 414. Default null; 16 KiB under <c>aws-alb</c>.</summary>
    public int? RequestLine { get; init; }

    /// <summary>One field line of the client's request; then 431. Default null; 16 KiB under <c>aws-alb</c>.</summary>
    public int? Field { get; init; }

    /// <summary>All field lines of the client's request; then 431. Default null; 64 KiB under <c>aws-alb</c>.</summary>
    public int? Fields { get; init; }

    /// <summary>A response's whole head; then 502. Default null; 32 KiB under <c>aws-alb</c>.</summary>
    public int? ResponseHead { get; init; }

    /// <summary>Addresses in X-Forwarded-For; the oldest are dropped. Default null; 30 under <c>aws-alb</c>.</summary>
    public int? ForwardedFor { get; init; }
}

/// <summary>How origin connections of one identity are kept.</summary>
public sealed record PoolConfig
{
    /// <summary>Connections per key and process, busy and idle. Default 256.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>Connections being opened at a time per key and process; requests beyond wait in line. Default 256.</summary>
    public int MaxConnecting { get; init; } = 256;

    /// <summary>TLS handshakes per second per key and process; more wait, at most <see cref="QueueTimeout"/>, and are 503 then. Default null: unlimited.</summary>
    public int? HandshakesPerSecond { get; init; }

    /// <summary>Idle connections per key and process that are opened ahead of requests. Default 0.</summary>
    public int MinIdle { get; init; }

    /// <summary>An idle connection closes after this. Default 55 s: an ALB closes at 60.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(55);

    /// <summary>A connection takes no new request after this, less up to a tenth of it, spread over connections; an idle one closes then. Default 50 min: an ALB ends them at an hour.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(50);

    /// <summary>How long a request waits for a connection when all are busy. Default 5 s.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long requests may go on over connections whose certificate was changed, disabled or removed. Default 30 s; zero cuts them at once.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>When an origin that refuses our certificate, or whose own we refuse, is left alone.</summary>
    public BreakerConfig Breaker { get; init; } = new();
}

/// <summary>The breaker of one key: opened by refusals in TLS, never by an HTTP status.</summary>
public sealed record BreakerConfig
{
    /// <summary>Refusals in a row that open it. Default 10; 0 never opens it.</summary>
    public int Refusals { get; init; } = 10;

    /// <summary>How long no connection is opened then, before one is tried. Default 5 s.</summary>
    public TimeSpan OpenTime { get; init; } = TimeSpan.FromSeconds(5);
}
