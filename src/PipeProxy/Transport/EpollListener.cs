using System.Net;

namespace PipeProxy.Transport;

/// <summary>One address, listened on by a socket per loop (<c>SO_REUSEPORT</c>): the kernel spreads connections, and none changes threads.</summary>
internal sealed class EpollListener : TransportListener
{
    private readonly List<EpollAcceptor> _acceptors = [];
    private readonly int _backlog;
    private int _first;

    private EpollListener(int first, IPEndPoint local, int backlog)
    {
        _first = first;
        _backlog = backlog;
        LocalEndPoint = local;
    }

    internal override IPEndPoint LocalEndPoint { get; }

    /// <summary>Binds and listens; does not accept yet.</summary>
    internal static ListenStatus TryOpen(IPEndPoint endPoint, int backlog, out EpollListener? listener)
    {
        listener = null;

        // Sockets with SO_REUSEPORT of one user share an address in silence, a stray second proxy included. One without it tells. A port that the
        // system chooses is nobody else's; to look first would leave it to others for a moment.
        if (endPoint.Port != 0)
        {
            var free = ListeningSocket.TryOpen(endPoint, backlog, shared: false, out var probe);
            if (free != ListenStatus.Ok)
            {
                return free;
            }

            _ = Libc.Close(probe);
        }

        var status = ListeningSocket.TryOpen(endPoint, backlog, shared: true, out var first);
        if (status == ListenStatus.Ok)
        {
            listener = new EpollListener(first, (IPEndPoint)SocketAddresses.LocalOf(first)!, backlog);
        }

        return status;
    }

    internal override void Start(IReadOnlyList<EventLoop> loops, Action<TransportSocket> accepted, Action<string> troubled)
    {
        for (var i = 0; i < loops.Count; i++)
        {
            var descriptor = _first;
            if (i > 0 && ListeningSocket.TryOpen(LocalEndPoint, _backlog, shared: true, out descriptor) != ListenStatus.Ok)
            {
                troubled($"The system gives loop {loops[i].Index} no socket to listen on {LocalEndPoint}; the other loops accept alone.");
                continue;
            }

            var acceptor = new EpollAcceptor(loops[i], descriptor, LocalEndPoint, accepted, troubled);
            _acceptors.Add(acceptor);
            loops[i].Post(static state => ((EpollAcceptor)state!).Start(), acceptor);
        }

        _first = -1;
    }

    internal override async ValueTask StopAsync()
    {
        if (_first >= 0)
        {
            _ = Libc.Close(_first);
            _first = -1;
        }

        foreach (var acceptor in _acceptors)
        {
            await acceptor.Loop.Enter();
            acceptor.Stop();
        }
    }
}
