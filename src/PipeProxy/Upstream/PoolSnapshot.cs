namespace PipeProxy.Upstream;

/// <summary>What one pool of origin connections holds at a moment: those under one identity to one origin. Counts may be off by what just happens.</summary>
public sealed record PoolSnapshot
{
    /// <summary>The origin as people write it.</summary>
    public required string Origin { get; init; }

    /// <summary>Name of the client certificate that its connections present; null for none.</summary>
    public string? Certificate { get; init; }

    /// <summary>SHA-256 over the chain presented, in lower-case hexadecimal; null for none.</summary>
    public string? ChainSha256 { get; init; }

    /// <summary>The identity was replaced, disabled or removed: no request is lent a connection any more, and the pool goes with its last one.</summary>
    public bool Retired { get; init; }

    /// <summary>Connections there may be.</summary>
    public int MaxConnections { get; init; }

    /// <summary>Being opened: name, TCP, TLS.</summary>
    public int Connecting { get; init; }

    /// <summary>The handshake has ended and the origin has neither answered yet nor been silent for 2 s: it may still refuse the certificate.</summary>
    public int Unconfirmed { get; init; }

    /// <summary>Waiting for a request.</summary>
    public int Idle { get; init; }

    /// <summary>Serving one.</summary>
    public int Busy { get; init; }

    /// <summary>Serving one, and closed afterwards.</summary>
    public int Draining { get; init; }

    /// <summary>Requests in line for a connection, those that just gave up among them.</summary>
    public int Waiting { get; init; }

    /// <summary>Where the breaker stands.</summary>
    public BreakerState Breaker { get; init; }

    /// <summary>Refusals by TLS since the origin last took a connection.</summary>
    public int RefusalsInARow { get; init; }

    /// <summary>The last attempt to open a connection that failed, also when others went well since; null before the first.</summary>
    public PoolFailure? LastFailure { get; init; }
}

/// <summary>Why a connection could not be opened.</summary>
/// <param name="Code">The outcome's name, such as <c>tls_alert_received</c>.</param>
/// <param name="Alert">The TLS alert's number; null when there was none.</param>
/// <param name="Detail">What happened, one sentence. Never a key.</param>
/// <param name="Next">What to do about it; null when there is nothing to say.</param>
/// <param name="At">When.</param>
public sealed record PoolFailure(string Code, byte? Alert, string Detail, string? Next, DateTimeOffset At);

/// <summary>Where a pool's breaker stands.</summary>
public enum BreakerState
{
    /// <summary>Connections are opened.</summary>
    Closed,

    /// <summary>None is: requests that need one are answered 503.</summary>
    Open,

    /// <summary>One at a time is, and its verdict decides.</summary>
    HalfOpen,
}
