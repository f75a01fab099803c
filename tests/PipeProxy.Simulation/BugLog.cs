using Microsoft.Extensions.Logging;

namespace PipeProxy.Simulation;

/// <summary>Listens for nothing but the proxy's own bugs: an exception that it reports breaks a promise.</summary>
internal sealed class BugLog(World world) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not null)
        {
            world.Fail($"the proxy reports a bug of its own: {exception}");
        }
    }

    public void Dispose()
    {
    }
}
