using PipeProxy.Tls;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy;

/// <summary>What the tests' simulation puts in the place of parts of a proxy.</summary>
internal sealed record SimulatedParts
{
    /// <summary>Makes each loop's transport; see <see cref="EventLoopOptions.MakeTransport"/>.</summary>
    public required Func<LoopTransport> MakeTransport { get; init; }

    /// <summary>Handshakes with origins.</summary>
    public required OriginHandshake Handshake { get; init; }

    /// <summary>Lets work that no loop does begin a little later; what it awaits, it goes on with where that ended.</summary>
    public required Action<Func<Task>> Aside { get; init; }

    /// <summary>Compares the pool's keys.</summary>
    public IEqualityComparer<UpstreamKey>? Keys { get; init; }

    /// <summary>What is wrong on purpose.</summary>
    public PlantedMistake Mistake { get; init; }
}
