using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace PipeProxy.Cli.Run;

/// <summary>The operator's log: one line each on standard error, so that standard output has the ready lines and an access log only.</summary>
internal static class Logging
{
    /// <summary>A factory that writes to standard error; dispose it to flush.</summary>
    public static ILoggerFactory Create() => LoggerFactory.Create(static builder => builder
        .AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.UseUtcTimestamp = true;
            console.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        })
        .AddFilter(static (category, level) => level >= LogLevel.Information)
        .Services.Configure<ConsoleLoggerOptions>(static console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
