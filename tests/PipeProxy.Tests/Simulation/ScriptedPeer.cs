using System.Text;
using PipeProxy.Simulation;
using PipeProxy.Simulation.Network;

namespace PipeProxy.Tests.Simulation;

/// <summary>How the proxy ended a connection, as its peer saw it.</summary>
public enum SeenEnd
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>In order: what came is whole.</summary>
    End,

    /// <summary>With a reset.</summary>
    Reset,
}

/// <summary>A client or an origin of the network in memory that does what a test says, and keeps what it gets.</summary>
/// <param name="world">Its time.</param>
/// <param name="greeting">Sent as soon as the connection is there.</param>
internal sealed class ScriptedPeer(World world, string greeting = "") : Peer(world)
{
    private readonly StringBuilder _received = new();

    internal string Received => _received.ToString();

    internal SeenEnd Seen { get; private set; }

    /// <summary>When it saw the end, in seconds.</summary>
    internal double SeenAt { get; private set; }

    /// <summary>Takes nothing for so long from when the connection is there; 0 takes all at once.</summary>
    internal double PausesSeconds { get; init; }

    /// <summary>Asked at each piece that came.</summary>
    internal Action<ScriptedPeer>? Then { get; set; }

    internal void Send(string text) => Send(Encoding.ASCII.GetBytes(text));

    internal override void OnConnected()
    {
        if (PausesSeconds > 0)
        {
            Pause((long)(PausesSeconds * 1e6));
        }

        Send(greeting);
    }

    protected override void OnBytes(ReadOnlySpan<byte> bytes)
    {
        _received.Append(Encoding.ASCII.GetString(bytes));
        Then?.Invoke(this);
    }

    protected override void OnEnd() => See(SeenEnd.End);

    protected override void OnReset() => See(SeenEnd.Reset);

    private void See(SeenEnd end)
    {
        if (Seen == SeenEnd.None)
        {
            (Seen, SeenAt) = (end, World.Now / 1e6);
        }
    }
}
