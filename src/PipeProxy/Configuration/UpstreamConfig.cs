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

    /// <summary>How connections are kept.</summary>
    public PoolConfig Pool { get; init; } = new();
}

/// <summary>How origin connections of one identity are kept.</summary>
public sealed record PoolConfig
{
    /// <summary>Connections per key and process, busy and idle. Default 256.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>Idle connections kept ready. Default 0.</summary>
    public int MinIdle { get; init; }

    /// <summary>An idle connection closes after this. Default 55 s: an ALB closes at 60.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(55);

    /// <summary>A connection takes no new request after this. Default 50 min: an ALB ends them at an hour.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(50);

    /// <summary>How long a request waits for a connection when all are busy. Default 5 s.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
