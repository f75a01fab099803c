using System.Text;

namespace PipeProxy.Testing;

/// <summary>The lines of a child's two streams in order of arrival, bounded, with waiters for lines to come. Thread-safe.</summary>
internal sealed class ProcessOutput
{
    private const int MaxLines = 20_000;

    private readonly Lock _lock = new();
    private readonly Queue<(bool IsError, string Text)> _lines = new();
    private readonly List<Waiter> _waiters = [];
    private long _dropped;
    private int _openStreams = 2;

    /// <summary>Lines that ever came, dropped ones included.</summary>
    internal long Count
    {
        get
        {
            lock (_lock)
            {
                return _dropped + _lines.Count;
            }
        }
    }

    /// <summary>Takes a line, or the end of one of the streams as null.</summary>
    internal void Add(bool isError, string? line)
    {
        lock (_lock)
        {
            if (line is null)
            {
                _openStreams--;
            }
            else
            {
                _lines.Enqueue((isError, line));
                if (_lines.Count > MaxLines)
                {
                    _lines.Dequeue();
                    _dropped++;
                }
            }

            for (int i = _waiters.Count - 1; i >= 0; i--)
            {
                Waiter waiter = _waiters[i];
                if (line is not null && _dropped + _lines.Count > waiter.After && waiter.Predicate(line))
                {
                    waiter.Found.TrySetResult(line);
                    _waiters.RemoveAt(i);
                }
                else if (_openStreams == 0)
                {
                    waiter.Found.TrySetResult(null);
                    _waiters.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>The first matching line after the given count, or null when both streams end before one comes.</summary>
    internal Task<string?> WaitAsync(Func<string, bool> predicate, long after)
    {
        lock (_lock)
        {
            long number = _dropped;
            foreach ((_, string text) in _lines)
            {
                if (++number > after && predicate(text))
                {
                    return Task.FromResult<string?>(text);
                }
            }

            if (_openStreams == 0)
            {
                return Task.FromResult<string?>(null);
            }

            Waiter waiter = new(predicate, after);
            _waiters.Add(waiter);
            return waiter.Found.Task;
        }
    }

    internal IReadOnlyList<string> Lines(bool isError)
    {
        lock (_lock)
        {
            return [.. _lines.Where(line => line.IsError == isError).Select(line => line.Text)];
        }
    }

    /// <summary>Everything kept, standard error marked with <c>! </c>.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            StringBuilder text = new();
            if (_dropped > 0)
            {
                text.Append('(').Append(_dropped).AppendLine(" earlier lines dropped)");
            }

            foreach ((bool isError, string line) in _lines)
            {
                text.Append(isError ? "  ! " : "    ").AppendLine(line);
            }

            return text.ToString();
        }
    }

    private sealed record Waiter(Func<string, bool> Predicate, long After)
    {
        internal TaskCompletionSource<string?> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
