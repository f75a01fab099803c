namespace PipeProxy.Transport;

/// <summary>Callbacks waiting for their loop, first in first out. A ring that grows and is reused; not synchronised.</summary>
internal sealed class RunQueue
{
    private Item[] _items = new Item[64];
    private int _first;
    private int _count;

    internal readonly record struct Item(Action<object?> Callback, object? State);

    internal int Count => _count;

    internal void Enqueue(Action<object?> callback, object? state)
    {
        if (_count == _items.Length)
        {
            Grow();
        }

        _items[(_first + _count++) & (_items.Length - 1)] = new Item(callback, state);
    }

    internal Item Dequeue()
    {
        ref var slot = ref _items[_first];
        var item = slot;
        slot = default;
        _first = (_first + 1) & (_items.Length - 1);
        _count--;
        return item;
    }

    private void Grow()
    {
        var larger = new Item[_items.Length * 2];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _items[(_first + i) & (_items.Length - 1)];
        }

        (_items, _first) = (larger, 0);
    }
}
