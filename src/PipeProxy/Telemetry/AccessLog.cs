using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using PipeProxy.Configuration;

namespace PipeProxy.Telemetry;

/// <summary>The access log: a line per request, written by a thread of its own so that no loop waits for a disk.</summary>
/// <remarks>
/// Each loop asks once for its <see cref="AccessLogBuffer"/> and fills it alone. The writer empties all of them when one is half full
/// and once per <see cref="FlushInterval"/>. When it cannot keep up entries are dropped and counted, and as soon as it can
/// a line in the log tells how many.
/// </remarks>
internal sealed class AccessLog : IAsyncDisposable
{
    /// <summary>How long an entry waits at most, while the writer keeps up.</summary>
    public static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the end waits for a writer that is stuck, such as on a pipe that nobody reads.</summary>
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(5);

    // Two of these hold what a loop logs in some 20 ms at 70000 requests a second: the writer waits that long for a core when all are busy.
    private const int SegmentBytes = 256 * 1024;

    private readonly AccessLogConfig _config;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly int _segmentBytes;
    private readonly Lock _lock = new();
    private readonly LogClock _clock;
    private readonly ITimer _timer;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Never disposed: a loop may still signal while the log ends.
    private readonly AutoResetEvent _wake = new(false);
    private int _signalled;

    private AccessLogBuffer[] _buffers = [];
    private List<TaskCompletionSource> _flushes = [];
    private AccessLogFile _file;
    private AccessLogFile? _nextFile;
    private long _lostBefore;
    private long _told;
    private bool _stopping;

    internal AccessLog(AccessLogConfig config, AccessLogFile file, TimeProvider time, ILogger logger, int segmentBytes = SegmentBytes)
    {
        _config = config;
        _file = file;
        _time = time;
        _logger = logger;
        _segmentBytes = segmentBytes;
        _clock = new LogClock(time);
        new Thread(Run) { IsBackground = true, Name = "access log" }.UnsafeStart();
        _timer = time.CreateTimer(static log => ((AccessLog)log!).Signal(), this, FlushInterval, FlushInterval);
    }

    /// <summary>Format of the lines; <see cref="AccessLogFormat.Combined"/> is the one that asks for User-Agent and Referer.</summary>
    public AccessLogFormat Format => _config.Format;

    /// <summary>Entries that are not in the log: without room, or lost by a failed write. Any thread.</summary>
    public long Dropped
    {
        get
        {
            lock (_lock)
            {
                return CountDropped();
            }
        }
    }

    /// <summary>Opens the log and starts its writer.</summary>
    /// <param name="config">File and format.</param>
    /// <param name="standardOutput">What <c>-</c> stands for; the host's, and left open. Null: <c>-</c> is an error.</param>
    /// <param name="time">Timestamps and the flush interval.</param>
    /// <param name="logger">Told when the file can no longer be written, and when it can again.</param>
    /// <param name="log">The log; null when <paramref name="error"/> is there.</param>
    /// <param name="error">Why the file cannot be opened.</param>
    public static bool TryOpen(
        AccessLogConfig config,
        Stream? standardOutput,
        TimeProvider time,
        ILogger logger,
        [NotNullWhen(true)] out AccessLog? log,
        [NotNullWhen(false)] out ConfigurationError? error)
    {
        if (!AccessLogFile.TryOpen(config.File, standardOutput, logger, out var file, out error))
        {
            log = null;
            return false;
        }

        log = new AccessLog(config, file, time, logger);
        return true;
    }

    /// <summary>A buffer for one loop; that loop alone writes to it, for as long as the log is in use.</summary>
    public AccessLogBuffer ForLoop()
    {
        var buffer = new AccessLogBuffer(this, _config.Format, _time, _segmentBytes);
        lock (_lock)
        {
            _buffers = [.. _buffers, buffer];
        }

        return buffer;
    }

    /// <summary>Opens the file anew under its name, after a rotation moved it. What was logged before goes to the old one.</summary>
    /// <returns>Why it cannot be opened; the old file then stays in use. Null when it is open, and for standard output.</returns>
    public ConfigurationError? Reopen()
    {
        if (_config.File == "-")
        {
            return null;
        }

        if (!AccessLogFile.TryOpen(_config.File, standardOutput: null, _logger, out var file, out var error))
        {
            return error;
        }

        Interlocked.Exchange(ref _nextFile, file)?.Dispose();
        Signal();
        return null;
    }

    /// <summary>Completes when everything logged before the call has been handed to the file, and a reopened file is in use.</summary>
    public Task FlushAsync()
    {
        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_stopping)
            {
                return _ended.Task;
            }

            _flushes.Add(flush);
        }

        Signal();
        return flush.Task;
    }

    /// <summary>Writes what is there and closes the file. Loops should have stopped writing: what they write meanwhile may be lost.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        lock (_lock)
        {
            _stopping = true;
        }

        Signal();
        try
        {
            await _ended.Task.WaitAsync(LastFlush, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _logger.LogError("The access log {File} takes no more lines; the last ones are lost.", _config.File);
        }
    }

    /// <summary>Wakes the writer. Any thread; all but the first of many calls cost one atomic exchange.</summary>
    internal void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
        {
            _wake.Set();
        }
    }

    private void Run()
    {
        for (var stopping = false; !stopping;)
        {
            _wake.WaitOne();

            // Before anything is looked at, so that whatever is signalled from here on brings another round.
            Interlocked.Exchange(ref _signalled, 0);
            var nextFile = Interlocked.Exchange(ref _nextFile, null);
            AccessLogBuffer[] buffers;
            List<TaskCompletionSource> flushes;
            lock (_lock)
            {
                stopping = _stopping;
                buffers = _buffers;
                (flushes, _flushes) = (_flushes, []);
            }

            // Counted before the entries that filled the room are written, told after them: the line stands where the gap is.
            var dropped = Dropped;
            foreach (var buffer in buffers)
            {
                buffer.Drain(_file);
            }

            TellDropped(dropped);
            if (nextFile is not null)
            {
                Use(nextFile);
            }

            flushes.ForEach(static flush => flush.SetResult());
        }

        TellDropped(Dropped);
        _file.Dispose();
        Interlocked.Exchange(ref _nextFile, null)?.Dispose();
        _ended.SetResult();
    }

    private void TellDropped(long total)
    {
        if (total == _told)
        {
            return;
        }

        Span<byte> room = stackalloc byte[256];
        var line = new LogLine(room);
        AccessLogLine.WriteDropped(ref line, _config.Format, _clock, total - _told, total);
        if (_file.TryWrite(room[..line.Length]))
        {
            _told = total;
        }
    }

    private void Use(AccessLogFile file)
    {
        lock (_lock)
        {
            _lostBefore += _file.Lost;
            (file, _file) = (_file, file);
        }

        file.Dispose();
    }

    private long CountDropped()
    {
        var total = _lostBefore + _file.Lost;
        foreach (var buffer in _buffers)
        {
            total += buffer.Dropped;
        }

        return total;
    }
}
