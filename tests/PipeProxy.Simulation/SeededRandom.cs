namespace PipeProxy.Simulation;

/// <summary>All chance of a simulation (SplitMix64): the same numbers from the same seed, whatever the runtime's version.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>From 0 to <paramref name="below"/> - 1.</summary>
    internal int Next(int below) => (int)(NextBits() % (uint)below);

    /// <summary>From <paramref name="from"/> to <paramref name="to"/>, both included.</summary>
    internal int Between(int from, int to) => from + Next(to - from + 1);

    /// <summary>True so many times in a thousand.</summary>
    internal bool Chance(int permille) => Next(1000) < permille;

    private ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (z ^ (z >> 31)) >> 16;
    }
}
