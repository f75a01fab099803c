using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PipeProxy.Testing;

/// <summary>A child process whose output is kept, whose waits have an end, and that never outlives its test.</summary>
public sealed class TestProcess : IAsyncDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ProcessOutput _output = new();
    private bool _disposed;

    private TestProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _output.Add(isError: false, line.Data);
        _process.ErrorDataReceived += (_, line) => _output.Add(isError: true, line.Data);
    }

    /// <summary>The process id.</summary>
    public int Id { get; private set; }

    /// <summary>True once the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The exit code; only after the end.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Bytes of memory that it holds now; what <c>/proc</c> says, so on Linux only.</summary>
    public long ResidentBytes => MemoryOf("VmRSS:");

    /// <summary>The most that <see cref="ResidentBytes"/> has been.</summary>
    public long PeakResidentBytes => MemoryOf("VmHWM:");

    /// <summary>Lines of standard output so far, the oldest dropped beyond a bound.</summary>
    public IReadOnlyList<string> OutputLines => _output.Lines(isError: false);

    /// <summary>Lines of standard error so far, the oldest dropped beyond a bound.</summary>
    public IReadOnlyList<string> ErrorLines => _output.Lines(isError: true);

    /// <summary>How many lines have come so far on both streams: a place to wait from.</summary>
    public long Mark => _output.Count;

    /// <summary>Both streams in order of arrival, standard error marked; for messages of failed tests.</summary>
    public string Transcript => _output.ToString();

    /// <summary>Standard input, open until the process ends or it is closed.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts a program.</summary>
    /// <param name="fileName">Path or command name.</param>
    /// <param name="arguments">Arguments, passed as they are, without a shell.</param>
    /// <param name="workingDirectory">Its working directory; the caller's when null.</param>
    /// <param name="environment">Variables to set, or to remove when null.</param>
    public static TestProcess Start(
        string fileName,
        IEnumerable<string> arguments,
        string? workingDirectory = null,
        IEnumerable<KeyValuePair<string, string?>>? environment = null)
    {
        ProcessStartInfo start = new(fileName, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach ((string name, string? value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        TestProcess child = new(start);
        child._process.Start();
        child.Id = child._process.Id;
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end and returns it with its whole output; the caller disposes it.</summary>
    public static async Task<TestProcess> RunAsync(
        string fileName,
        IEnumerable<string> arguments,
        string? workingDirectory = null,
        IEnumerable<KeyValuePair<string, string?>>? environment = null,
        TimeSpan? timeout = null)
    {
        TestProcess child = Start(fileName, arguments, workingDirectory, environment);
        try
        {
            child.Input.Close();
            await child.WaitForExitAsync(timeout);
            return child;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first line on either stream, come already or to come, that matches.</summary>
    /// <param name="pattern">A regular expression.</param>
    /// <param name="timeout">Default 60 s.</param>
    /// <param name="after">Only lines after this <see cref="Mark"/>.</param>
    public Task<string> WaitForLineAsync(string pattern, TimeSpan? timeout = null, long after = 0) =>
        WaitForLineAsync(line => Regex.IsMatch(line, pattern), timeout, after, $"a line that matches '{pattern}'");

    /// <summary>The first line on either stream, come already or to come, that the predicate takes.</summary>
    /// <exception cref="TestProcessException">The process ended, or the time passed, before such a line.</exception>
    public Task<string> WaitForLineAsync(Func<string, bool> predicate, TimeSpan? timeout = null, long after = 0) =>
        WaitForLineAsync(predicate, timeout, after, "the expected line");

    /// <summary>Waits for the end and for the last of the output; returns the exit code.</summary>
    /// <exception cref="TestProcessException">It still runs after <paramref name="timeout"/> (default 60 s).</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? timeout = null)
    {
        TimeSpan limit = timeout ?? DefaultTimeout;
        using CancellationTokenSource deadline = new(limit);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw Failure($"still runs after {limit.TotalSeconds:0} s");
        }

        return _process.ExitCode;
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(ProcessSignal signal)
    {
        if (!_process.HasExited)
        {
            Signals.Send(Id, signal);
        }
    }

    /// <summary>Kills the process and what it started, if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            using CancellationTokenSource deadline = new(DefaultTimeout);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                // A grandchild holds the pipes open; the child itself got SIGKILL.
            }
        }

        _process.Dispose();
    }

    // "VmRSS:	  123456 kB"
    private long MemoryOf(string name)
    {
        var line = File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private async Task<string> WaitForLineAsync(Func<string, bool> predicate, TimeSpan? timeout, long after, string what)
    {
        TimeSpan limit = timeout ?? DefaultTimeout;
        try
        {
            return await _output.WaitAsync(predicate, after).WaitAsync(limit)
                ?? throw Failure($"ended without {what}");
        }
        catch (TimeoutException)
        {
            throw Failure($"did not print {what} within {limit.TotalSeconds:0} s");
        }
    }

    private TestProcessException Failure(string what)
    {
        string state = _process.HasExited ? $"exit code {_process.ExitCode}" : "running";
        StringBuilder message = new();
        message.Append(Path.GetFileName(_process.StartInfo.FileName)).Append(' ').AppendJoin(' ', _process.StartInfo.ArgumentList);
        message.Append(": ").Append(what).Append(" (").Append(state).AppendLine("). Its output:").Append(Transcript);
        return new TestProcessException(message.ToString());
    }
}

/// <summary>A child process did not do what the test waits for; the message holds its output.</summary>
public sealed class TestProcessException(string message) : Exception(message);
