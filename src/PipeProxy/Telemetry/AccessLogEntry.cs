namespace PipeProxy.Telemetry;

/// <summary>What the access log tells about one request: borrowed for the call that writes it, nothing is kept.</summary>
/// <remarks>Byte spans are as a peer sent them; any bytes will do. An empty span or a null string is a field that is not there.</remarks>
internal readonly ref struct AccessLogEntry
{
    public AccessLogEntry()
    {
    }

    /// <summary>The request's id.</summary>
    public ReadOnlySpan<byte> RequestId { get; init; }

    /// <summary>The client's address without a port.</summary>
    public ReadOnlySpan<byte> ClientAddress { get; init; }

    /// <summary>The method; empty when no request line could be read.</summary>
    public ReadOnlySpan<byte> Method { get; init; }

    /// <summary>The request target as it stood in the request line.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    /// <summary>Minor version of HTTP/1.x. Default 1.</summary>
    public int MinorVersion { get; init; } = 1;

    /// <summary>The host that was asked for.</summary>
    public ReadOnlySpan<byte> Host { get; init; }

    /// <summary>The User-Agent field.</summary>
    public ReadOnlySpan<byte> UserAgent { get; init; }

    /// <summary>The Referer field.</summary>
    public ReadOnlySpan<byte> Referer { get; init; }

    /// <summary>Name of the route.</summary>
    public string? Route { get; init; }

    /// <summary>The origin it was sent to.</summary>
    public string? Origin { get; init; }

    /// <summary>Name of the client certificate it was sent under.</summary>
    public string? Certificate { get; init; }

    /// <summary>How it ended: name, RFC 9209 error, stage and side. Required.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>What happened this time, of a failure; see <see cref="Failure.Detail"/>.</summary>
    public string? Detail { get; init; }

    /// <summary>Number of the TLS alert that was received.</summary>
    public byte? Alert { get; init; }

    /// <summary>Status sent to the client; 0 when none was.</summary>
    public int Status { get; init; }

    /// <summary>From the request's head to the end of the answer.</summary>
    public double DurationMilliseconds { get; init; }

    /// <summary>Body bytes received from the client.</summary>
    public long RequestBytes { get; init; }

    /// <summary>Body bytes sent to the client.</summary>
    public long ResponseBytes { get; init; }

    /// <summary>It was sent a second time, because a pooled connection had died.</summary>
    public bool Retried { get; init; }

    /// <summary>The connection to the origin was opened for it. Logged only where <see cref="Origin"/> is there.</summary>
    public bool FreshConnection { get; init; }
}
