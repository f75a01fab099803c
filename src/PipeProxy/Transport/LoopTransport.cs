using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Transport;

/// <summary>The seam below which bytes move: one per loop. <see cref="EpollTransport"/> and <see cref="SocketsTransport"/> stand behind it, and the simulated network of the tests.</summary>
/// <remarks>Everything but <see cref="Wake"/> is called on the loop's thread.</remarks>
internal abstract class LoopTransport : IDisposable
{
    // Open sockets, so that a stop can reset them and wait until their last operation ended.
    private readonly List<TransportSocket> _sockets = [];

    internal EventLoop Loop { get; private set; } = null!;

    /// <summary>Makes a transport for one loop.</summary>
    /// <exception cref="PlatformNotSupportedException">This system has no such transport.</exception>
    internal static LoopTransport Create(TransportKind kind) => kind switch
    {
        TransportKind.Sockets => new SocketsTransport(),
        TransportKind.Default when !Libc.IsSupported => new SocketsTransport(),
        _ when Libc.IsSupported => new EpollTransport(),
        _ => throw new PlatformNotSupportedException("The transport 'epoll' needs Linux on x86-64 or arm64; take 'sockets'."),
    };

    /// <summary>The loop has no thread of its own: the transport's owner calls <see cref="EventLoop.Step"/>.</summary>
    internal virtual bool StepsLoop => false;

    /// <summary>Sockets that are open or whose last operation has not ended.</summary>
    internal int SocketCount => _sockets.Count;

    /// <summary>Handles the events that are there; when there are none, sleeps until there are, <see cref="Wake"/> is called, or the time is over.</summary>
    /// <param name="milliseconds">0: does not sleep. -1: for as long as it takes.</param>
    internal abstract void Poll(int milliseconds);

    /// <summary>Ends the sleep, or the next one when the loop does not sleep yet. From any thread.</summary>
    internal abstract void Wake();

    /// <summary>A socket to connect with; null when the system has none to give.</summary>
    internal abstract TransportSocket? CreateSocket(AddressFamily family);

    /// <summary>Binds and listens; does not accept yet.</summary>
    /// <param name="endPoint">Port 0 takes a free one.</param>
    /// <param name="backlog">Connections that the system keeps for us.</param>
    /// <param name="listener">Null when the result is not <see cref="ListenStatus.Ok"/>.</param>
    internal abstract ListenStatus TryListen(IPEndPoint endPoint, int backlog, out TransportListener? listener);

    public abstract void Dispose();

    internal void Attach(EventLoop loop) => Loop = loop;

    internal void AbortAll()
    {
        for (var i = _sockets.Count - 1; i >= 0; i = Math.Min(i, _sockets.Count) - 1)
        {
            _sockets[i].Abort();
        }
    }

    internal void Add(TransportSocket socket)
    {
        socket.Slot = _sockets.Count;
        _sockets.Add(socket);
    }

    internal void Remove(TransportSocket socket)
    {
        var last = _sockets[^1];
        _sockets[socket.Slot] = last;
        last.Slot = socket.Slot;
        _sockets.RemoveAt(_sockets.Count - 1);
        socket.Slot = -1;
    }
}
