using System.Net;
using PipeProxy.Simulation.Network;

namespace PipeProxy.Simulation.Peers;

/// <summary>The crowd of clients: always some of them, until enough has been asked.</summary>
internal sealed class Clients(World world, SimulatedNetwork network, Oracle oracle, int requests)
{
    internal static readonly IPEndPoint Proxy = new(IPAddress.Parse("10.1.0.1"), 80);

    private readonly int[] _statuses = new int[600];
    private int _active;

    /// <summary>Requests sent.</summary>
    internal int Sent { get; private set; }

    /// <summary>Requests whose connection ended before their answer was whole.</summary>
    internal int Lost { get; private set; }

    /// <summary>Answers begun, by status.</summary>
    internal IReadOnlyList<int> Statuses => _statuses;

    internal bool MayAsk => Sent < requests;

    /// <summary>Enough was asked, and nobody waits any more.</summary>
    internal bool AreDone => _active == 0 && !MayAsk;

    internal void Begin(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _active++;
            world.After(world.Random.Next(2000), Connect);
        }
    }

    internal void Asked() => Sent++;

    internal void Answered(int status) => _statuses[status]++;

    /// <summary>A client's connection has ended; another takes its place.</summary>
    internal void Ended(int unanswered)
    {
        Lost += unanswered;
        if (MayAsk)
        {
            world.After(world.Random.Chance(50) ? world.Random.Between(1000, 200_000) : world.Random.Next(500), Connect);
        }
        else
        {
            _active--;
        }
    }

    private void Connect()
    {
        if (MayAsk)
        {
            network.ConnectClient(new ClientPeer(world, oracle, this), Proxy);
        }
        else
        {
            _active--;
        }
    }
}
