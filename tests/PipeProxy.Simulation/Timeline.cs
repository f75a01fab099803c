namespace PipeProxy.Simulation;

/// <summary>What was in force when. A change begins at one moment and is complete at another; in between both may be seen.</summary>
internal sealed class Timeline<T>(T first)
{
    private readonly List<(long From, long Settled, T Value)> _entries = [(0, 0, first)];

    /// <summary>The last value, in force or about to be.</summary>
    internal T Last => _entries[^1].Value;

    /// <summary>From now on this is in force.</summary>
    /// <param name="from">The moment at which it may be seen first.</param>
    /// <param name="settled">The moment from which what was before is not seen any more.</param>
    /// <param name="value">What is in force.</param>
    internal void Add(long from, long settled, T value) => _entries.Add((from, settled, value));

    /// <summary>Whether a value that suits was in force at some moment of the time from <paramref name="from"/> to <paramref name="to"/>.</summary>
    internal bool Any(long from, long to, Func<T, bool> suits)
    {
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].From <= to && suits(_entries[i].Value))
            {
                return true;
            }

            if (_entries[i].Settled <= from)
            {
                return false;
            }
        }

        return false;
    }

    public override string ToString() => string.Join(", ", _entries.TakeLast(6).Select(static entry => $"{entry.Value} from {entry.From}"));
}
