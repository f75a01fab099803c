namespace PipeProxy.Configuration;

/// <summary>Bounds on what a client or an origin may send. Sizes in bytes.</summary>
public sealed record LimitConfig
{
    /// <summary>Request line, with its CRLF. Default 16 KiB; then 414.</summary>
    public int RequestLine { get; init; } = 16 * 1024;

    /// <summary>The request target, as it was sent. Default null: what <see cref="RequestLine"/> leaves; then 414.</summary>
    public int? Uri { get; init; }

    /// <summary>One field line. Default 16 KiB; then 431.</summary>
    public int Field { get; init; } = 16 * 1024;

    /// <summary>All field lines of a request. Default 64 KiB; then 431.</summary>
    public int Fields { get; init; } = 64 * 1024;

    /// <summary>Field lines of a message. Default 128; then 431.</summary>
    public int FieldCount { get; init; } = 128;

    /// <summary>A response's whole head. Default 64 KiB (32 KiB under <c>aws-alb</c>); then 502.</summary>
    public int ResponseHead { get; init; } = 64 * 1024;

    /// <summary>A request's body. Default null: unlimited; else 413.</summary>
    public long? Body { get; init; }

    /// <summary>Chunk extensions of one chunked body. Default 16 KiB; then 400, or a reset when the body is a response's.</summary>
    public int ChunkExtensions { get; init; } = 16 * 1024;

    /// <summary>Trailer section of one chunked body. Default 16 KiB; then 431, or a reset when the body is a response's.</summary>
    public int Trailers { get; init; } = 16 * 1024;

    /// <summary>Interim responses (1xx) before the final one. Default 32; then 502.</summary>
    public int InterimResponses { get; init; } = 32;

    /// <summary>Client connections at a time, over all listeners. Default 100000; then 503.</summary>
    public int Connections { get; init; } = 100_000;

    /// <summary>Connections at a time from one client address (IPv6: from one /64); trusted hops are not counted. Default null: unlimited; else 503.</summary>
    public int? ConnectionsPerClient { get; init; }

    /// <summary>Requests on one client connection; the last one's answer says <c>Connection: close</c>. Default null: unlimited.</summary>
    public int? RequestsPerConnection { get; init; }

    /// <summary>TLS handshakes with clients per second, over all listeners; more wait, at most <see cref="TimeoutConfig.Handshake"/>, and are closed then. Default null: unlimited.</summary>
    public int? HandshakesPerSecond { get; init; }

    /// <summary>TLS handshakes with origins under way at a time; more wait their turn, within <see cref="TimeoutConfig.Handshake"/>. Default 256.</summary>
    public int OriginHandshakes { get; init; } = 256;

    /// <summary>TLS handshakes with origins per second; more wait, at most the origin's <see cref="PoolConfig.QueueTimeout"/>, and are 503 then. Default null: unlimited.</summary>
    public int? OriginHandshakesPerSecond { get; init; }

    /// <summary>Bytes per second that a client must send of a request's body on average, waits for the origin not counted, after the first 5 s. Default 240; 0 for none; else 408.</summary>
    public int RequestBodyRate { get; init; } = 240;

    /// <summary>Bytes per second that a client must take of a response's body on average, waits for the origin not counted, after the first 5 s. Default 240; 0 for none; else the connection is reset.</summary>
    public int ResponseBodyRate { get; init; } = 240;
}
