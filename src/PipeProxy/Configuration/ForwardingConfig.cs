using System.Net;

namespace PipeProxy.Configuration;

/// <summary>What is told to the origin about the client, and what is believed of what the client says.</summary>
public sealed record ForwardingConfig
{
    /// <summary>
    /// Clients that are proxies and are believed: <c>X-Forwarded-For</c> and <c>Forwarded</c> are appended to, <c>X-Forwarded-Proto</c> and
    /// <c>X-Forwarded-Host</c> kept; all are replaced for everybody else. An IPv4 client is an IPv4 address here, also on a dual-stack listener. Default: none.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedHops { get; init; } = [];

    /// <summary>Send <c>Forwarded</c> (RFC 7239) beside <c>X-Forwarded-*</c>. Default false: the field is removed, also a trusted hop's.</summary>
    public bool Forwarded { get; init; }

    /// <summary>Protocols that a client may upgrade to; others are asked for in vain. Default <c>websocket</c>; <c>h2c</c> is refused.</summary>
    public IReadOnlyList<string> Upgrades { get; init; } = ["websocket"];
}
