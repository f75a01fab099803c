using PipeProxy.Telemetry;

namespace PipeProxy.Upstream;

/// <summary>Where a connection to an origin is in its life.</summary>
/// <remarks>
/// <code>
///   Connecting --&gt; Unconfirmed --&gt; Busy &lt;--&gt; Idle
///        |              |           |        |
///        |              +--&gt; Draining       |
///        v              v           v        v
///        +-----------&gt; Closed &lt;-----+--------+
/// </code>
/// Without TLS there is nothing to confirm: Connecting leads to Busy or Idle. An unconfirmed connection that is nobody's, because it was opened ahead, becomes Idle.
/// </remarks>
internal enum UpstreamState : byte
{
    /// <summary>Name, TCP and TLS are under way.</summary>
    Connecting,

    /// <summary>The handshake has ended, and the origin may still refuse our certificate (TLS 1.3): no response byte has come, nor 2 s of silence passed. Lent, or on the shelf when it was opened ahead.</summary>
    Unconfirmed,

    /// <summary>On the shelf, with a pending read that sees the origin's end, reset or late alert at once.</summary>
    Idle,

    /// <summary>Serving the request that it is lent to.</summary>
    Busy,

    /// <summary>Lent, and closed when it comes back: its identity was retired, its address has vanished, or it is too old.</summary>
    Draining,

    /// <summary>Ended; nothing happens any more.</summary>
    Closed,
}

/// <summary>Which state may follow which.</summary>
internal static class UpstreamStates
{
    // By the state before: one bit for each that may follow.
    private static readonly byte[] MayFollow =
    [
        Bits(UpstreamState.Unconfirmed, UpstreamState.Busy, UpstreamState.Idle, UpstreamState.Closed),
        Bits(UpstreamState.Busy, UpstreamState.Idle, UpstreamState.Draining, UpstreamState.Closed),
        Bits(UpstreamState.Busy, UpstreamState.Closed),
        Bits(UpstreamState.Idle, UpstreamState.Draining, UpstreamState.Closed),
        Bits(UpstreamState.Closed),
        Bits(),
    ];

    /// <summary>Whether a connection in <paramref name="from"/> may go to <paramref name="to"/>.</summary>
    internal static bool MayGo(UpstreamState from, UpstreamState to) => (MayFollow[(int)from] & (1 << (int)to)) != 0;

    /// <summary>Where the state counts.</summary>
    internal static UpstreamPhase PhaseOf(UpstreamState state) => state switch
    {
        UpstreamState.Connecting => UpstreamPhase.Connecting,
        UpstreamState.Unconfirmed => UpstreamPhase.Unconfirmed,
        UpstreamState.Idle => UpstreamPhase.Idle,
        UpstreamState.Busy => UpstreamPhase.Busy,
        UpstreamState.Draining => UpstreamPhase.Draining,
        _ => UpstreamPhase.None,
    };

    private static byte Bits(params ReadOnlySpan<UpstreamState> states)
    {
        var bits = 0;
        foreach (var state in states)
        {
            bits |= 1 << (int)state;
        }

        return (byte)bits;
    }
}
