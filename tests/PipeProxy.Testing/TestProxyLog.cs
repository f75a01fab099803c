using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PipeProxy.Testing;

/// <summary>Keeps what a proxy logs, and apart from it what it calls a bug. Thread-safe.</summary>
internal sealed class TestProxyLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _bugs = new();

    /// <summary>Every line so far.</summary>
    internal IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Lines that came with an exception, which only bugs do.</summary>
    internal IReadOnlyList<string> Bugs => [.. _bugs];

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
        _lines.Enqueue(line);
        if (exception is not null)
        {
            _bugs.Enqueue($"{line}\n{exception}");
        }
    }

    public void Dispose()
    {
    }
}
