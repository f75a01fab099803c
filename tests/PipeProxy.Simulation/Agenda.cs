namespace PipeProxy.Simulation;

/// <summary>Something that happens at a moment of virtual time.</summary>
internal abstract class Occurrence
{
    /// <summary>It is time.</summary>
    /// <param name="now">Microseconds.</param>
    internal abstract void Happen(long now);
}

/// <summary>What is still to happen, in order of time; what is due at the same time happens in the order in which it was entered.</summary>
internal sealed class Agenda
{
    private (long Time, long Order, Occurrence What)[] _heap = new (long, long, Occurrence)[1024];
    private int _count;
    private long _order;

    internal int Count => _count;

    internal long NextTime => _heap[0].Time;

    internal void Add(long time, Occurrence what)
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _count * 2);
        }

        var item = (time, _order++, what);
        var at = _count++;
        while (at > 0 && IsBefore(item, _heap[(at - 1) / 2]))
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }

        _heap[at] = item;
    }

    internal Occurrence Take()
    {
        var taken = _heap[0].What;
        var last = _heap[--_count];
        _heap[_count] = default;
        if (_count > 0)
        {
            SiftDown(last);
        }

        return taken;
    }

    private void SiftDown((long Time, long Order, Occurrence What) item)
    {
        var at = 0;
        while (true)
        {
            var child = (at * 2) + 1;
            if (child >= _count)
            {
                break;
            }

            if (child + 1 < _count && IsBefore(_heap[child + 1], _heap[child]))
            {
                child++;
            }

            if (!IsBefore(_heap[child], item))
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = item;
    }

    private static bool IsBefore(in (long Time, long Order, Occurrence What) a, in (long Time, long Order, Occurrence What) b)
        => a.Time != b.Time ? a.Time < b.Time : a.Order < b.Order;
}
