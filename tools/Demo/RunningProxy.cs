using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Demo;

/// <summary>A <c>pipeproxy run</c> that takes connections; ended with its owner, whatever happens.</summary>
internal sealed class RunningProxy : IAsyncDisposable
{
    private const string Ready = "listening on ";
    private const int Terminate = 15;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _log = new();

    private RunningProxy(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Append(line.Data).Append('\n');
            }
        };
        _process.BeginErrorReadLine();
    }

    public Uri Url { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>What it said to its operator so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts it and waits for its ready line.</summary>
    public static async Task<RunningProxy> StartAsync(PipeProxyCommand command, string arguments, CancellationToken cancellationToken)
    {
        var proxy = new RunningProxy(command.Start(arguments));
        try
        {
            string? line = await proxy._process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(StartLimit, cancellationToken).ConfigureAwait(false);
            UnexpectedException.Unless(line?.StartsWith(Ready, StringComparison.Ordinal) == true, $"its first line is '{Ready}URL'.", line ?? $"It ended.\n{proxy.Log}");
            proxy.Url = new Uri(line![Ready.Length..]);
            return proxy;
        }
        catch (TimeoutException)
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
            throw new UnexpectedException($"it listens within {StartLimit.TotalSeconds} s.", $"Nothing yet.\n{proxy.Log}");
        }
        catch
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends it as an operator does, and returns its exit code. Not to be cancelled: it takes <see cref="StopLimit"/> at most.</summary>
    public async Task<int> StopAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            _process.Kill();
        }
        else
        {
            _ = Kill(_process.Id, Terminate);
        }

        try
        {
            await _process.WaitForExitAsync().WaitAsync(StopLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new UnexpectedException($"it ends within {StopLimit.TotalSeconds} s of SIGTERM.", $"It still runs.\n{Log}");
        }

        return OperatingSystem.IsWindows() ? 0 : _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int processId, int signal);
}
