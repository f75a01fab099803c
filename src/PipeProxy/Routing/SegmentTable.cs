using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace PipeProxy.Routing;

/// <summary>A dictionary from short byte strings that is asked with spans: open addressing, filled once, then only read.</summary>
internal sealed class SegmentTable<T>
    where T : class
{
    private (byte[]? Key, T? Value)[] _slots = new (byte[]?, T?)[4];

    internal int Count { get; private set; }

    internal IEnumerable<T> Values => _slots.Where(s => s.Key is not null).Select(s => s.Value!);

    internal bool TryGet(ReadOnlySpan<byte> key, [NotNullWhen(true)] out T? value)
    {
        ref var slot = ref Find(_slots, key);
        value = slot.Value;
        return slot.Key is not null;
    }

    internal T GetOrAdd(byte[] key, Func<T> create)
    {
        ref var found = ref Find(_slots, key);
        if (found.Key is not null)
        {
            return found.Value!;
        }

        if ((Count + 1) * 2 > _slots.Length)
        {
            Grow();
            found = ref Find(_slots, key);
        }

        found = (key, create());
        Count++;
        return found.Value!;
    }

    private void Grow()
    {
        var slots = new (byte[]? Key, T? Value)[_slots.Length * 2];
        foreach (var slot in _slots)
        {
            if (slot.Key is not null)
            {
                Find(slots, slot.Key) = slot;
            }
        }

        _slots = slots;
    }

    /// <summary>The key's slot, or the free one where it belongs. At most half of the slots are taken, so there is one.</summary>
    private static ref (byte[]? Key, T? Value) Find((byte[]? Key, T? Value)[] slots, ReadOnlySpan<byte> key)
    {
        var mask = (uint)slots.Length - 1;
        var at = Hash(key) & mask;
        while (slots[at].Key is { } taken && !key.SequenceEqual(taken))
        {
            at = (at + 1) & mask;
        }

        return ref slots[at];
    }

    /// <summary>The keys are the operator's own, so a client cannot make them collide; it can only miss.</summary>
    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = 2166136261u ^ (uint)key.Length;
        while (key.Length >= 4)
        {
            hash = (hash ^ MemoryMarshal.Read<uint>(key)) * 0x9E3779B1;
            hash ^= hash >> 15;
            key = key[4..];
        }

        foreach (var b in key)
        {
            hash = (hash ^ b) * 16777619;
        }

        return hash ^ (hash >> 16);
    }
}
