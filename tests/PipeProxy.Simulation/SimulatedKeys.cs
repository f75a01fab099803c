using PipeProxy.Upstream;

namespace PipeProxy.Simulation;

/// <summary>Compares the pool's keys as they compare themselves, with a hash that is the same in every process; or with a mistake.</summary>
internal sealed class SimulatedKeys(Mistake mistake) : IEqualityComparer<UpstreamKey>
{
    public bool Equals(UpstreamKey? x, UpstreamKey? y) => mistake switch
    {
        Mistake.KeyWithoutIdentity => x! with { Identity = null } == y! with { Identity = null },
        Mistake.KeyWithNameOnly => x!.Identity?.Name == y!.Identity?.Name && x with { Identity = null } == y with { Identity = null },
        _ => x == y,
    };

    public int GetHashCode(UpstreamKey obj)
    {
        var hash = 2166136261;
        foreach (var c in obj.Host)
        {
            hash = (hash ^ c) * 16777619;
        }

        if (mistake != Mistake.KeyWithoutIdentity)
        {
            foreach (var c in obj.Identity?.Name ?? "")
            {
                hash = (hash ^ c) * 16777619;
            }
        }

        return (int)(hash & int.MaxValue);
    }
}
