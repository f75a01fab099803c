using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using PipeProxy.Configuration;

namespace PipeProxy.Telemetry;

/// <summary>What the access log is written to: a file opened to append, or a stream that a host gave.</summary>
/// <remarks>Used by the log's writer alone once it is open. What a failed write held is lost; the next one is tried again.</remarks>
internal sealed partial class AccessLogFile : IDisposable
{
    private const UnixFileMode CreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly Stream _stream;
    private readonly bool _owned;
    private readonly string _name;
    private readonly ILogger _logger;
    private long _lost;
    private bool _failing;
    private bool _torn;

    private AccessLogFile(Stream stream, bool owned, string name, ILogger logger)
    {
        _stream = stream;
        _owned = owned;
        _name = name;
        _logger = logger;
    }

    /// <summary>Entries that could not be written. Any thread.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Writes to <paramref name="stream"/>, which stays open afterwards.</summary>
    public static AccessLogFile Over(Stream stream, ILogger logger) => new(stream, owned: false, "-", logger);

    /// <summary>Opens <paramref name="path"/> to append, created with mode 0640 when it is not there; <c>-</c> is <paramref name="standardOutput"/>.</summary>
    public static bool TryOpen(string path, Stream? standardOutput, ILogger logger, [NotNullWhen(true)] out AccessLogFile? file, [NotNullWhen(false)] out ConfigurationError? error)
    {
        if (path != "-")
        {
            return TryOpenPath(path, logger, out file, out error);
        }

        file = standardOutput is null ? null : Over(standardOutput, logger);
        error = file is null ? new ConfigurationError(null, "accessLog.file", path, "This host gives the log no standard output; name a file.") : null;
        return file is not null;
    }

    /// <summary>Writes entries, each a line, with one call; counts them as lost when that fails.</summary>
    public void WriteEntries(ReadOnlySpan<byte> lines)
    {
        if (!TryWrite(lines))
        {
            Volatile.Write(ref _lost, _lost + lines.Count((byte)'\n'));
        }
    }

    /// <summary>Writes whole lines with one call. A failure has been logged when it returns false.</summary>
    public bool TryWrite(ReadOnlySpan<byte> lines)
    {
        var start = 0L;
        try
        {
            // At the end as it is now: the file may have been cut by a rotation that copies and truncates.
            start = _stream.CanSeek ? _stream.Seek(0, SeekOrigin.End) : 0;
            if (_torn)
            {
                _stream.Write("\n"u8);
                _torn = false;
            }

            _stream.Write(lines);
            _stream.Flush();
            _failing = false;
            return true;
        }
        catch (Exception e)
        {
            // Whatever a host's stream may throw: the log's thread must outlive a full disk and a reader that left.
            Fail(e, start);
            return false;
        }
    }

    /// <summary>Closes the file; a host's stream stays open.</summary>
    public void Dispose()
    {
        if (_owned)
        {
            _stream.Dispose();
        }
    }

    private static bool TryOpenPath(string path, ILogger logger, [NotNullWhen(true)] out AccessLogFile? file, [NotNullWhen(false)] out ConfigurationError? error)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = CreateMode;
        }

        try
        {
            var stream = new FileStream(path, options);
            AppendAlways(stream.SafeFileHandle);
            file = new AccessLogFile(stream, owned: true, path, logger);
            error = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            file = null;
            error = new ConfigurationError(null, "accessLog.file", path, Describe(path, e));
            return false;
        }
    }

    private void Fail(Exception e, long start)
    {
        try
        {
            // Part of a line may stand there; the next one must not be glued to it.
            _torn |= _stream.CanSeek && _stream.Length > start;
        }
        catch (Exception again) when (again is IOException or ObjectDisposedException)
        {
            _torn = false;
        }

        if (!_failing)
        {
            _failing = true;
            LogFailing(_logger, e, _name);
        }
    }

    /// <summary>
    /// Sets O_APPEND, which FileMode.Append does not: two logs on one path, as for a moment when a configuration is replaced, then never
    /// overwrite each other. Linux honours it in positioned writes too (BUGS in pwrite(2)); elsewhere the seek before each write must do.
    /// </summary>
    private static void AppendAlways(SafeFileHandle handle)
    {
        const int SetStatusFlags = 4;
        const int Append = 0x400;
        if (OperatingSystem.IsLinux())
        {
            _ = FileControl(handle, SetStatusFlags, Append);
        }
    }

    private static string Describe(string path, Exception e) => e switch
    {
        DirectoryNotFoundException => $"The folder {Path.GetDirectoryName(Path.GetFullPath(path))} does not exist; create it, or name a file elsewhere.",
        UnauthorizedAccessException when Directory.Exists(path) => "This is a folder; name a file in it.",
        UnauthorizedAccessException => "This file may not be written by the proxy's user; change its owner or mode, or name another.",
        ArgumentException => "This is not a path; name a file, or - for standard output.",
        _ => $"This file cannot be opened: {e.Message}",
    };

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(SafeFileHandle handle, int command, int argument);

    [LoggerMessage(Level = LogLevel.Error, Message = "The access log {File} cannot be written; entries are lost until it can.")]
    private static partial void LogFailing(ILogger logger, Exception exception, string file);
}
