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
    /// <summary>Why a folder cannot be opened.</summary>
    internal const string IsFolder = "This is a folder; name a file in it.";

    /// <summary>Why a file cannot be opened that is not for this user to write.</summary>
    internal const string MayNotBeWritten = "This file may not be written by the proxy's user; change its owner or mode, or name another.";

    private readonly string _name;
    private readonly ILogger _logger;
    private long _lost;
    private long _lostBefore;
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

    /// <summary>Why a file without a folder cannot be opened.</summary>
    internal static string NoFolder(string path) => $"The folder {Path.GetDirectoryName(Path.GetFullPath(path))} does not exist; create it, or name a file elsewhere.";

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

    /// <summary>Writes entries, each a line, with one call; counts as lost those that are not whole in the file when that fails.</summary>
    public void WriteEntries(ReadOnlySpan<byte> lines)
    {
        if (!TryWrite(lines, out var written))
        {
            Volatile.Write(ref _lost, _lost + lines[written..].Count((byte)'\n'));
        }
    }

    /// <summary>Writes whole lines with one call. A failure has been logged when it returns false.</summary>
    public bool TryWrite(ReadOnlySpan<byte> lines) => TryWrite(lines, out _);

    /// <summary>Closes the file; a host's stream stays open.</summary>
    public void Dispose()
    {
        if (_failing)
        {
            LogClosed(_logger, _name, _lost - _lostBefore);
        }

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

    private bool TryWrite(ReadOnlySpan<byte> lines, out int written)
    {
        long? start = null;
        try
        {
            // At the end as it is now: the file may have been cut by a rotation that copies and truncates.
            var end = _stream.CanSeek ? _stream.Seek(0, SeekOrigin.End) : (long?)null;
            if (_torn)
            {
                _stream.Write("\n"u8);
                _torn = false;
                end++;
            }

            start = end;
            _stream.Write(lines);
            _stream.Flush();
        }
        catch (Exception e)
        {
            // Whatever a host's stream may throw: the log's thread must outlive a full disk and a reader that left.
            written = WrittenSince(start, lines.Length);

            // Part of a line may stand there; the next one must not be glued to it.
            _torn |= written > 0 && lines[written - 1] != '\n';
            Fail(e);
            return false;
        }

        written = lines.Length;
        if (_failing)
        {
            _failing = false;
            LogWorking(_logger, _name, _lost - _lostBefore);
        }

        return true;
    }

    // A full disk takes what it has room for.
    private int WrittenSince(long? start, int length)
    {
        try
        {
            return start is { } from ? (int)Math.Clamp(_stream.Length - from, 0, length) : 0;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    // Without the stack: it says nothing that the message does not, and an operator's log has a line for each event.
    private void Fail(Exception e)
    {
        if (!_failing)
        {
            _failing = true;
            _lostBefore = _lost;
            LogFailing(_logger, _name, e.Message.ReplaceLineEndings(" "));
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
        DirectoryNotFoundException => NoFolder(path),
        UnauthorizedAccessException when Directory.Exists(path) => IsFolder,
        UnauthorizedAccessException => MayNotBeWritten,
        ArgumentException => "This is not a path; name a file, or - for standard output.",
        _ => $"This file cannot be opened: {e.Message}",
    };

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(SafeFileHandle handle, int command, int argument);

    [LoggerMessage(Level = LogLevel.Error, Message = "The access log {File} cannot be written; entries are lost until it can: {Problem}")]
    private static partial void LogFailing(ILogger logger, string file, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The access log {File} is written again; entries lost meanwhile: {Lost}.")]
    private static partial void LogWorking(ILogger logger, string file, long lost);

    [LoggerMessage(Level = LogLevel.Error, Message = "The access log {File} was closed before it could be written again; entries lost: {Lost}.")]
    private static partial void LogClosed(ILogger logger, string file, long lost);
}
