using PipeProxy.Simulation.Network;

namespace PipeProxy.Simulation.Peers;

/// <summary>An origin: takes connections while it is up, and refuses the certificates that it is told to refuse.</summary>
internal sealed class SimulatedOrigin(World world, Oracle oracle, int number, bool secured) : IOriginHost
{
    private readonly List<OriginPeer> _connections = [];

    /// <summary>Its number.</summary>
    internal int Number => number;

    /// <summary>It does handshakes.</summary>
    internal bool Secured => secured;

    /// <summary>It takes connections.</summary>
    internal bool IsUp { get; set; } = true;

    /// <summary>The number of a certificate that it does not trust at the moment; -2 for none.</summary>
    internal int Distrusted { get; set; } = -2;

    public Peer? Accept()
    {
        if (!IsUp)
        {
            return null;
        }

        var peer = new OriginPeer(world, oracle, this);
        _connections.Add(peer);
        return peer;
    }

    /// <summary>Ends all its connections, as a restart does.</summary>
    internal void Restart()
    {
        for (var i = _connections.Count - 1; i >= 0; i--)
        {
            _connections[i].Close(reset: world.Random.Chance(500));
        }

        _connections.Clear();
    }

    /// <summary>A connection has ended.</summary>
    internal void Forget(OriginPeer peer) => _connections.Remove(peer);
}
