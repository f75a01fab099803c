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
    internal abstract IPEndPoint LocalEndPoint { get; }

    /// <summary>Waits for connections until stopped.</summary>
    /// <param name="loops">The loops that take connections.</param>
    /// <param name="accepted">Called on the loop that the connection belongs to from now on.</param>
    /// <param name="troubled">Told when accepting rests, for example for want of descriptors, and when it goes on.</param>
    internal abstract void Start(IReadOnlyList<EventLoop> loops, Action<TransportSocket> accepted, Action<string> troubled);

    /// <summary>Frees the address; connections that were accepted live on. Called on the loop that opened the listener; completes on some loop.</summary>
    internal abstract ValueTask StopAsync();
}
