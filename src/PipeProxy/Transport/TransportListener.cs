using System.Net;

namespace PipeProxy.Transport;

/// <summary>How binding to an address ended.</summary>
internal enum ListenStatus : byte
{
    Ok,

    /// <summary>Another socket listens there.</summary>
    AddressInUse,

    /// <summary>No interface of this host has the address.</summary>
    AddressNotAvailable,

    /// <summary>The port needs a privilege that the process does not have.</summary>
    AccessDenied,

    /// <summary>Anything else the system says.</summary>
    Failed,
}

/// <summary>A listening socket of a <see cref="LoopTransport"/>.</summary>
internal abstract class TransportListener
{
    /// <summary>How long accepting rests when the system refuses, or few descriptors are left.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Why accepting rests while the system would still give descriptors.</summary>
    internal const string FewDescriptors = "few descriptors are left";

    internal abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>Waits for connections until stopped.</summary>
    /// <param name="loops">The loops that take connections.</param>
    /// <param name="accepted">Called on the loop that the connection belongs to from now on.</param>
    /// <param name="troubled">Told when accepting rests, for example for want of descriptors, and when it goes on.</param>
    internal abstract void Start(IReadOnlyList<EventLoop> loops, Action<TransportSocket> accepted, Action<string> troubled);

    /// <summary>Frees the address; connections that were accepted live on. Called on the loop that opened the listener; completes on some loop.</summary>
    internal abstract ValueTask StopAsync();

    /// <summary>What the operator is told, once, when accepting rests.</summary>
    internal static string Trouble(IPEndPoint address, string reason)
        => $"No connections are accepted on {address} for now ({reason}). Clients wait; an attempt follows every {Pause.TotalMilliseconds:0} ms. For want of descriptors, raise the limit (ulimit -n) or lower limits.connections.";

    /// <summary>What the operator is told when that is over.</summary>
    internal static string Recovery(IPEndPoint address) => $"Connections are accepted on {address} again.";
}
