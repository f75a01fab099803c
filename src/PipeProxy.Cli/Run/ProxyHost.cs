using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using PipeProxy.Cli.Output;
using PipeProxy.Configuration;
using PipeProxy.Transport;

namespace PipeProxy.Cli.Run;

/// <summary>One run of the proxy as a process: start, signals, reloads, drain.</summary>
/// <remarks>A host of the library like any other; everything it does goes through <see cref="ReverseProxyBuilder"/> and <see cref="ReverseProxy"/>.</remarks>
internal sealed partial class ProxyHost(Terminal terminal, ConfigurationOverrides overrides, StorePassphrase passphrase, int loops, TransportKind transport) : IDisposable
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cut = new();
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private WatchedConfiguration? _configuration;
    private ReverseProxy? _proxy;
    private string? _unwatched;

    /// <summary>Runs until a signal; returns the exit code.</summary>
    public async Task<ExitCode> RunAsync()
    {
        // Before anything is told: whoever reads the ready line may signal, or change a file, at once. A reload waits until the start is over.
        await _reloading.WaitAsync();
        using var logging = Logging.Create();
        var logger = logging.CreateLogger("PipeProxy");
        _configuration = new WatchedConfiguration(overrides, passphrase, () => _ = ReloadAsync(logger));
        var loaded = _configuration.Read();
        if (loaded.Config is null || loaded.Errors.Any(static error => error.Severity == ErrorSeverity.Error))
        {
            ConfigurationReport.Write(terminal, terminal.Error, loaded.Errors);
            terminal.Error.WriteLine($"{ConfigurationReport.Count(loaded.Errors)}; not started.");
            terminal.WriteNextToError(loaded.NothingGiven ? ConfigurationReport.Begin : "mend them from the top; 'pipeproxy check' with the same flags shows them again.");
            return ExitCode.ConfigurationRefused;
        }

        await using var standardOutput = Console.OpenStandardOutput();
        await using var proxy = new ReverseProxyBuilder()
            .UseConfig(loaded.Config)
            .UseCertificates(loaded.Certificates!)
            .UseLoops(loops)
            .UseTransport(transport)
            .UseAccessLogOutput(standardOutput)
            .UseLogging(logging)
            .Build();
        _proxy = proxy;
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _ = ReloadAsync(logger);
        });
        TellUnwatched(logger);
        try
        {
            await proxy.StartAsync();
        }
        catch (ConfigurationRefusedException e)
        {
            ConfigurationReport.Write(terminal, terminal.Error, e.Errors);
            return ExitCode.ConfigurationRefused;
        }
        catch (ListenFailedException e)
        {
            terminal.WriteError(
                e.Message,
                e.IsInUse ? "end what listens there, or take another address with --listen." : "take an address of this host with --listen, such as http://127.0.0.1:8080.");
            return ExitCode.Failed;
        }

        _configuration.Keep(loaded);
        ConfigurationReport.Write(terminal, terminal.Error, loaded.Errors);
        WriteReady(proxy.Urls);
        _reloading.Release();
        await _stop.Task;
        LogDraining(logger, proxy.Config.Timeouts.Drain.TotalSeconds);
        await proxy.StopAsync(_cut.Token);
        return ExitCode.Done;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _configuration?.Dispose();
        _cut.Dispose();
        _reloading.Dispose();
    }

    private void WriteReady(IEnumerable<string> urls)
    {
        foreach (var url in urls)
        {
            terminal.Output.WriteLine($"listening on {url}");
        }
    }

    // The first signal drains, the second one cuts.
    private void OnStop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_stop.TrySetResult())
        {
            _cut.Cancel();
        }
    }

    private async Task ReloadAsync(ILogger logger)
    {
        await _reloading.WaitAsync();
        try
        {
            if (_stop.Task.IsCompleted)
            {
                return;
            }

            // The start is over, or there would be no turn.
            var (proxy, configuration) = (_proxy!, _configuration!);
            var loaded = configuration.Read(proxy.Config);
            TellUnwatched(logger);
            if (loaded.Config is { } wanted && wanted.CertificateStore != proxy.Config.CertificateStore)
            {
                LogStoreChanged(logger, proxy.Config.CertificateStore, wanted.CertificateStore);
                return;
            }

            var before = proxy.Urls;
            var refused = loaded.Config is null || loaded.Errors.Any(static error => error.Severity == ErrorSeverity.Error);
            var result = refused ? null : await proxy.ApplyAsync(loaded.Config!);
            foreach (var error in result?.Errors ?? loaded.Errors)
            {
                LogProblem(logger, error.Severity == ErrorSeverity.Warning ? LogLevel.Warning : LogLevel.Error, error.Text);
            }

            if (result is { Applied: true })
            {
                configuration.Keep(loaded);
                WriteReady(proxy.Urls.Except(before));
                LogReloaded(logger, loaded.Config!.Routes.Count);
            }
            else
            {
                LogKept(logger);
            }
        }
#pragma warning disable CA1031 // Nobody awaits a reload; what went wrong is told, and the configuration before stays in force.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogReloadFailed(logger, e);
        }
        finally
        {
            _reloading.Release();
        }
    }

    // Once, and again when the reason is another one.
    private void TellUnwatched(ILogger logger)
    {
        if (_configuration!.Problem is var problem && problem != _unwatched)
        {
            _unwatched = problem;
            if (problem is not null)
            {
                LogUnwatched(logger, problem);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: no new connections; those open have {Seconds} s. A second signal ends at once.")]
    private static partial void LogDraining(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes of the configuration's files are not seen by themselves: {Problem} Send SIGHUP after a change, or raise the system's limit (Linux: fs.inotify.max_user_instances and max_user_watches).")]
    private static partial void LogUnwatched(ILogger logger, string problem);

    [LoggerMessage(Message = "{Problem}")]
    private static partial void LogProblem(ILogger logger, LogLevel level, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Configuration reloaded: {Routes} routes in force.")]
    private static partial void LogReloaded(ILogger logger, int routes);

    [LoggerMessage(Level = LogLevel.Error, Message = "certificateStore changed from {Before} to {After}, which needs a restart; the configuration before stays in force.")]
    private static partial void LogStoreChanged(ILogger logger, string? before, string? after);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration could not be reloaded; the one before stays in force.")]
    private static partial void LogReloadFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The changed configuration is refused; the one before stays in force.")]
    private static partial void LogKept(ILogger logger);
}
