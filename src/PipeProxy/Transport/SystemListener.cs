using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Transport;

/// <summary>A listening <see cref="Socket"/>: one loop accepts and hands the connections to all loops in turn.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The accept operation holds nothing once the socket is disposed.")]
internal sealed class SystemListener : TransportListener, IDeadlineOwner
{
    // Accepts that may complete at once before other work of the loop gets its turn.
    private const int AcceptedPerRound = 64;

    private readonly EventLoop _loop;
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _accept = new(true);
    private readonly AcceptRest _rest;
    private IReadOnlyList<EventLoop> _loops = [];
    private Action<TransportSocket> _accepted = static _ => { };
    private Action<string> _troubled = static _ => { };
    private int _next;
    private bool _stopped;

    internal SystemListener(EventLoop loop, Socket socket)
    {
        _loop = loop;
        _socket = socket;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        _rest = new AcceptRest(loop, this, LocalEndPoint);
        _accept.Completed += (_, _) => loop.Post(static state => ((SystemListener)state!).OnAccepted(), this);
    }

    internal override IPEndPoint LocalEndPoint { get; }

    public void OnDeadline(DeadlineKind kind) => AcceptMany();

    internal override void Start(IReadOnlyList<EventLoop> loops, Action<TransportSocket> accepted, Action<string> troubled)
    {
        (_loops, _accepted, _troubled) = (loops, accepted, troubled);
        AcceptMany();
    }

    internal override ValueTask StopAsync()
    {
        _loop.AssertInside();
        if (!_stopped)
        {
            _stopped = true;
            _rest.Stop();
            _socket.Dispose();
        }

        return default;
    }

    private void AcceptMany()
    {
        if (!_stopped && _rest.GoesOn(_troubled))
        {
            return;
        }

        for (var i = 0; i < AcceptedPerRound; i++)
        {
            if (_stopped)
            {
                return;
            }

            _accept.AcceptSocket = null;
            if (_socket.AcceptAsync(_accept))
            {
                // Nobody waits any more.
                _rest.End(_troubled);
                return;
            }

            if (!Take())
            {
                return;
            }
        }

        _loop.Defer(static state => ((SystemListener)state!).AcceptMany(), this);
    }

    private void OnAccepted()
    {
        if (Take())
        {
            AcceptMany();
        }
    }

    // False: no further accept for now.
    private bool Take()
    {
        var socket = _accept.AcceptSocket;
        switch (_accept.SocketError)
        {
            case SocketError.Success:
                var isLast = DescriptorLimit.IsLastForClients(socket!.Handle);
                HandOver(socket);
                if (isLast && !_stopped)
                {
                    _rest.BeginForWant(_troubled);
                    return false;
                }

                return true;

            // The client went away between its connect and our accept.
            case SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted:
                return !_stopped;

            default:
                if (!_stopped)
                {
                    _rest.Begin(_accept.SocketError.ToString(), _troubled);
                }

                return false;
        }
    }

    private void HandOver(Socket socket)
    {
        if (_stopped)
        {
            socket.Dispose();
            return;
        }

        var loop = _loops[_next++ % _loops.Count];
        if (loop.IsInside)
        {
            _accepted(new SystemSocket(loop, socket));
        }
        else
        {
            loop.Post(static state => ((Handover)state!).Complete(), new Handover(this, loop, socket));
        }
    }

    private sealed record Handover(SystemListener Listener, EventLoop Loop, Socket Socket)
    {
        internal void Complete() => Listener._accepted(new SystemSocket(Loop, Socket));
    }
}
