using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Transport;

/// <summary>The transport that works everywhere: System.Net.Sockets, each completion posted to the loop's run queue.</summary>
internal sealed class SocketsTransport : LoopTransport
{
    private readonly object _gate = new();
    private bool _woken;

    internal override void Poll(int milliseconds)
    {
        Loop.BeginWait();

        // All events are posts, so there is nothing to look for; only the sleep is ours.
        if (milliseconds != 0)
        {
            lock (_gate)
            {
                while (!_woken && Monitor.Wait(_gate, milliseconds))
                {
                }

                _woken = false;
            }
        }

        Loop.EndWait();
    }

    internal override void Wake()
    {
        lock (_gate)
        {
            _woken = true;
            Monitor.Pulse(_gate);
        }
    }

    internal override TransportSocket? CreateSocket(AddressFamily family)
    {
        try
        {
            var socket = new Socket(family, SocketType.Stream, family == AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
            if (!DescriptorLimit.IsKept(socket.Handle))
            {
                return new SystemSocket(Loop, socket);
            }

            socket.Dispose();
            return null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    internal override ListenStatus TryListen(IPEndPoint endPoint, int backlog, out TransportListener? listener)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endPoint);
            socket.Listen(backlog);
            listener = new SystemListener(Loop, socket);
            return ListenStatus.Ok;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            listener = null;
            return e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => ListenStatus.AddressInUse,
                SocketError.AddressNotAvailable => ListenStatus.AddressNotAvailable,
                SocketError.AccessDenied => ListenStatus.AccessDenied,
                _ => ListenStatus.Failed,
            };
        }
    }

    public override void Dispose()
    {
    }
}
