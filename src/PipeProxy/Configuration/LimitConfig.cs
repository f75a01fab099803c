namespace PipeProxy.Configuration;

/// <summary>Bounds on what a client or an origin may send. Sizes in bytes.</summary>
public sealed record LimitConfig
{
    /// <summary>Request line, with its CRLF. Default 16 KiB; then 414.</summary>
    public int RequestLine { get; init; } = 16 * 1024;

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

    /// <summary>Client connections at a time. Default 100000; then 503. Has no effect yet: connections are not counted.</summary>
    public int Connections { get; init; } = 100_000;
}
