namespace PipeProxy.Transport;

/// <summary>Who hears of a descriptor's events: numbered slots that are used again, each with a generation that tells one use from the next.</summary>
/// <remarks>
/// Belongs to one loop. What a registration carries is a <em>watch</em>, the generation above the slot. An event that was on its way when its descriptor was closed names a generation that is over, and finds nobody.
/// </remarks>
internal sealed class WatchTable<TTarget>
    where TTarget : class
{
    private readonly Stack<int> _free = new();
    private TTarget?[] _targets = new TTarget[64];
    private uint[] _generations = new uint[64];
    private int _used;

    /// <summary>Slots that are taken.</summary>
    internal int Count => _used - _free.Count;

    /// <summary>The slot of a watch.</summary>
    internal static int SlotOf(ulong watch) => (int)(uint)watch;

    /// <summary>Takes a slot, the one that became free last.</summary>
    /// <returns>The watch that events have to name.</returns>
    internal ulong Add(TTarget target)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _used++;
            if (slot == _targets.Length)
            {
                Array.Resize(ref _targets, slot * 2);
                Array.Resize(ref _generations, slot * 2);
            }
        }

        _targets[slot] = target;
        return Watch(slot);
    }

    /// <summary>Whom an event concerns; null when that one is gone, whoever has the slot now.</summary>
    internal TTarget? Find(ulong watch)
    {
        var slot = (uint)watch;
        return slot < (uint)_targets.Length && _generations[slot] == (uint)(watch >> 32) ? _targets[slot] : null;
    }

    /// <summary>The watch of whoever has the slot now.</summary>
    internal ulong Watch(int slot) => ((ulong)_generations[slot] << 32) | (uint)slot;

    /// <summary>Frees the slot; watches of it find nobody from here on.</summary>
    internal void Remove(int slot)
    {
        _targets[slot] = null;
        _generations[slot]++;
        _free.Push(slot);
    }
}
