namespace PipeProxy.Upstream;

/// <summary>Why a connection to an origin was closed.</summary>
internal enum UpstreamCloseReason : byte
{
    None,

    /// <summary>It could not be opened.</summary>
    NotOpened,

    /// <summary>The origin closed, reset or sent an alert while the connection was idle.</summary>
    OriginClosed,

    /// <summary>The origin sent bytes that nobody asked for: the next response would be theirs.</summary>
    UnexpectedBytes,

    /// <summary>Idle for too long, by our setting or by the origin's <c>Keep-Alive</c>.</summary>
    IdleTimeout,

    /// <summary>Too old for another request, or the certificate it presented ended.</summary>
    MaxAge,

    /// <summary>The certificate it presented was changed, disabled or removed.</summary>
    Retired,

    /// <summary>The origin's name does not lead to its address any more.</summary>
    AddressGone,

    /// <summary>It lay idle on one loop while a request on another waited for a place under the cap.</summary>
    NeededElsewhere,

    /// <summary>The exchange failed or the origin asked for the connection to end.</summary>
    Discarded,
}
