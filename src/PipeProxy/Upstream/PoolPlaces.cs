namespace PipeProxy.Upstream;

/// <summary>How many connections of one key there are, and how many of them are being opened: both bounded, for the process. Any thread.</summary>
internal sealed class PoolPlaces
{
    private int _open;
    private int _connecting;

    /// <summary>Taken: connections open or opening.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Of those, being opened.</summary>
    public int Connecting => Volatile.Read(ref _connecting);

    /// <summary>Takes a place for a connection to be opened.</summary>
    /// <param name="maxOpen">Connections there may be.</param>
    /// <param name="maxConnecting">How many of them may be opened at a time.</param>
    public bool TryTake(int maxOpen, int maxConnecting)
    {
        if (!TryAdd(ref _open, maxOpen))
        {
            return false;
        }

        if (TryAdd(ref _connecting, maxConnecting))
        {
            return true;
        }

        Interlocked.Decrement(ref _open);
        return false;
    }

    /// <summary>The connection is open, or could not be.</summary>
    public void EndConnecting() => Interlocked.Decrement(ref _connecting);

    /// <summary>The connection is gone. Behind <see cref="EndConnecting"/>.</summary>
    public void Free() => Interlocked.Decrement(ref _open);

    // Never above the bound, not even for a moment: somebody else would find no place where there is one.
    private static bool TryAdd(ref int count, int max)
    {
        int seen;
        do
        {
            seen = Volatile.Read(ref count);
            if (seen >= max)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref count, seen + 1, seen) != seen);

        return true;
    }
}
