namespace PipeProxy.Configuration;

/// <summary>What is told to the origin about the client, and what is believed of what the client says.</summary>
public sealed record ForwardingConfig
{
    /// <summary>Peers whose <c>X-Forwarded-*</c> and <c>Forwarded</c> are appended to and not replaced: addresses or networks, <c>10.0.0.0/8</c>. Default: none.</summary>
    public IReadOnlyList<string> TrustedHops { get; init; } = [];

    /// <summary>Send <c>Forwarded</c> (RFC 7239) beside <c>X-Forwarded-*</c>. Default false.</summary>
    public bool Forwarded { get; init; }

    /// <summary>Protocols that a client may upgrade to. Default <c>websocket</c>; <c>h2c</c> is refused.</summary>
    public IReadOnlyList<string> Upgrades { get; init; } = ["websocket"];
}
