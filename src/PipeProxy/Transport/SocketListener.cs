using System.Net;

namespace PipeProxy.Transport;

/// <summary>A listener, or why there is none.</summary>
/// <param name="Listener">Null unless <paramref name="Status"/> is <see cref="ListenStatus.Ok"/>.</param>
/// <param name="Status">What the system said.</param>
/// <param name="Error">One sentence that names the address; null when all is well.</param>
internal readonly record struct ListenResult(SocketListener? Listener, ListenStatus Status, string? Error);

/// <summary>Accepts clients' connections at one address and spreads them over loops.</summary>
internal sealed class SocketListener
{
    /// <summary>Connections that the system keeps until they are accepted. 4096 covers a burst of a round; the kernel's own bound (somaxconn) is 4096 too.</summary>
    private const int Backlog = 4096;

    private readonly EventLoop _loop;
    private readonly TransportListener _listener;

    private SocketListener(EventLoop loop, TransportListener listener)
    {
        _loop = loop;
        _listener = listener;
        LocalEndPoint = listener.LocalEndPoint;
    }

    /// <summary>The address with the port that was taken.</summary>
    internal IPEndPoint LocalEndPoint { get; }

    /// <summary>Binds and starts to accept. From any thread.</summary>
    /// <param name="loops">Loops that take connections, in turn; the first one accepts.</param>
    /// <param name="endPoint">Port 0 takes a free one.</param>
    /// <param name="accepted">Called on the loop that the connection lives on from now on; owns it.</param>
    /// <param name="troubled">Told, on the accepting loop, that the system refuses to accept; accepting goes on after a pause.</param>
    internal static async ValueTask<ListenResult> StartAsync(IReadOnlyList<EventLoop> loops, IPEndPoint endPoint, Action<SocketConnection> accepted, Action<string>? troubled = null)
    {
        var loop = loops[0];
        await loop.Enter();
        var status = loop.Transport.TryListen(endPoint, Backlog, out var listener);
        if (status != ListenStatus.Ok)
        {
            return new ListenResult(null, status, ErrorOf(status, endPoint));
        }

        var started = new SocketListener(loop, listener!);
        listener!.Start(loops, socket => accepted(new SocketConnection(socket)), troubled ?? (static _ => { }));
        return new ListenResult(started, ListenStatus.Ok, null);
    }

    /// <summary>Stops accepting and frees the address. Connections live on. From any thread.</summary>
    internal async ValueTask StopAsync()
    {
        await _loop.Enter();
        await _listener.StopAsync();
    }

    private static string ErrorOf(ListenStatus status, IPEndPoint endPoint) => status switch
    {
        ListenStatus.AddressInUse => $"The address {endPoint} is in use by another process.",
        ListenStatus.AddressNotAvailable => $"No interface of this host has the address {endPoint}.",
        ListenStatus.AccessDenied => $"Listening on {endPoint} needs a privilege; take a port above 1023.",
        _ => $"The system refused to listen on {endPoint}.",
    };
}
