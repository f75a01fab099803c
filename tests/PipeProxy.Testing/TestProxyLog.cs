using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PipeProxy.Testing;

/// <summary>Keeps what a proxy logs, with waiters for lines to come, and apart from it what it calls a bug. Thread-safe.</summary>
internal sealed class TestProxyLog : ILoggerFactory, ILogger
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Text, TaskCompletionSource<string> Found)> _waiters = [];
    private readonly ConcurrentQueue<string> _bugs = new();

    /// <summary>Lines that came with an exception, which only bugs do.</summary>
    internal IReadOnlyList<string> Bugs => [.. _bugs];

    /// <summary>The lines so far.</summary>
    internal IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>The first line, come already or to come, that holds the text.</summary>
    internal async Task<string> WaitForLineAsync(string text, TimeSpan limit)
    {
        Task<string> found;
        lock (_lock)
        {
            if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            TaskCompletionSource<string> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((text, waiter));
            found = waiter.Task;
        }

        try
        {
            return await found.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                throw new TimeoutException($"The proxy did not log '{text}' within {limit.TotalSeconds:0} s. It logged:\n{string.Join('\n', _lines)}");
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string line = $"{logLevel}: {formatter(state, exception)}";
        lock (_lock)
        {
            _lines.Add(line);
            foreach ((_, TaskCompletionSource<string> found) in _waiters.Where(waiter => line.Contains(waiter.Text, StringComparison.Ordinal)))
            {
                found.TrySetResult(line);
            }
        }

        if (exception is not null)
        {
            _bugs.Enqueue($"{line}\n{exception}");
        }
    }

    public void Dispose()
    {
    }
}
