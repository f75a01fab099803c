namespace PipeProxy.Configuration;

/// <summary>Deadlines. All are measured by the loop's clock, to a tenth of a second.</summary>
public sealed record TimeoutConfig
{
    /// <summary>TCP connect to one address of an origin; also the bound on a DNS answer. Default 5 s.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>TLS handshake, either side; on a listener from the accepted connection on, a PROXY protocol header included. Default 5 s.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From a request's first byte to the end of its head. Default 10 s; then 408.</summary>
    public TimeSpan RequestHead { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request sent to the response head. Default 60 s; then 504.</summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two pieces of a body, either side. Default 60 s.</summary>
    public TimeSpan BetweenBytes { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A client's connection without a request. Default 75 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>From a request's first byte to the end of its answer. Default null: no bound; else 504, or a reset when the answer is under way.</summary>
    public TimeSpan? Total { get; init; }

    /// <summary>An upgraded connection (WebSocket) over which nothing goes either way. Default 1 h.</summary>
    public TimeSpan Tunnel { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long running requests may take after a stop is asked for. Default 30 s.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);
}
