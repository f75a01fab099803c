using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using PipeProxy.Configuration;

namespace PipeProxy.Cli.Run;

/// <summary>The operator's log: one line each on standard error, so that standard output has the ready lines and an access log only.</summary>
internal static class Logging
{
    /// <summary>A factory that writes to standard error; dispose it to flush.</summary>
    public static ILoggerFactory Create() => LoggerFactory.Create(static builder => builder
        .AddConsole(static console => console.FormatterName = LineFormatter.FormatterName)
        .AddFilter(static (_, level) => level >= LogLevel.Information)
        .Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace)
        // Not by AddConsoleFormatter: it binds options by reflection, which native AOT has not.
        .AddSingleton<ConsoleFormatter, LineFormatter>());
}

/// <summary><c>2026-11-24T04:09:38.042Z warning: message</c>, and an exception below it.</summary>
internal sealed class LineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture));
        textWriter.Write(logEntry.LogLevel switch
        {
            LogLevel.Critical or LogLevel.Error => " error: ",
            LogLevel.Warning => " warning: ",
            _ => " info: ",
        });
        textWriter.WriteLine(OneLine.Of(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is not null)
        {
            textWriter.WriteLine(logEntry.Exception);
        }
    }
}
