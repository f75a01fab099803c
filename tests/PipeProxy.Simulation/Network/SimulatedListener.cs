using System.Net;
using PipeProxy.Transport;

namespace PipeProxy.Simulation.Network;

/// <summary>An address of the proxy in the network in memory.</summary>
internal sealed class SimulatedListener(SimulatedNetwork network, IPEndPoint endPoint) : TransportListener
{
    private Action<TransportSocket>? _accepted;

    internal override IPEndPoint LocalEndPoint => endPoint;

    internal override void Start(IReadOnlyList<EventLoop> loops, Action<TransportSocket> accepted, Action<string> troubled) => _accepted = accepted;

    internal override ValueTask StopAsync()
    {
        _accepted = null;
        network.StopListening(endPoint);
        return default;
    }

    /// <summary>A client's connection, on the loop that it is for.</summary>
    internal void Accept(SimulatedTransport transport, Wire wire)
    {
        if (_accepted is null)
        {
            wire.CloseByProxy(reset: true);
            return;
        }

        // Every client has an address of its own; none is on a wire's way twice.
        var remote = new IPEndPoint(new IPAddress([10, 9, (byte)(wire.Number >> 8), (byte)wire.Number]), 40_000);
        var socket = new SimulatedSocket(transport, network);
        socket.Accepted(wire, endPoint, remote);
        wire.TellPeer();
        _accepted(socket);
    }
}
