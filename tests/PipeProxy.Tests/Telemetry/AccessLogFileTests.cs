using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Tests.Telemetry;

public sealed class AccessLogFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pipeproxy-log-").FullName;

    private string LogPath => Path.Combine(_folder, "access.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task FileRotated_OldEntriesStayAndNewOnesGoToTheNewFile()
    {
        await using var log = Open();
        var buffer = log.ForLoop();
        Write(buffer, "/before"u8);
        File.Move(LogPath, LogPath + ".1");
        Write(buffer, "/between"u8);
        Assert.Null(log.Reopen());
        await log.FlushAsync();
        Write(buffer, "/after"u8);
        await log.DisposeAsync();

        Assert.Equal(["/before", "/between"], Targets(LogPath + ".1"));
        Assert.Equal(["/after"], Targets(LogPath));
    }

    [Fact]
    public async Task ReopenFails_TellsWhyAndGoesOnWithTheOldFile()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "logs")).FullName;
        var path = Path.Combine(folder, "access.log");
        await using var log = Open(path);
        var moved = Path.Combine(_folder, "moved");
        Directory.Move(folder, moved);

        var error = log.Reopen();
        Write(log.ForLoop(), "/after"u8);
        await log.DisposeAsync();

        Assert.Equal("accessLog.file", error!.Setting);
        Assert.Equal(["/after"], Targets(Path.Combine(moved, "access.log")));
    }

    [Fact]
    public async Task FileCopiedAndTruncated_GoesOnAtItsStart()
    {
        await using var log = Open();
        var buffer = log.ForLoop();
        Write(buffer, "/before"u8);
        await log.FlushAsync();
        using (var file = new FileStream(LogPath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(0);
        }

        Write(buffer, "/after"u8);
        await log.DisposeAsync();
        Assert.Equal(["/after"], Targets(LogPath));
    }

    [Fact]
    public async Task TwoLogsOnOneFile_OverwriteNothing()
    {
        await using (var first = Open())
        await using (var second = Open())
        {
            var (one, other) = (first.ForLoop(), second.ForLoop());
            for (var i = 0; i < 5; i++)
            {
                Write(one, "/one"u8);
                Write(other, "/other"u8);
                await first.FlushAsync();
                await second.FlushAsync();
            }
        }

        Assert.Equal(10, Targets(LogPath).Length);
    }

    [Fact]
    public async Task FileIsThere_IsAppendedTo()
    {
        await File.WriteAllTextAsync(LogPath, "{\"target\":\"/old\"}\n");
        await using (var log = Open())
        {
            Write(log.ForLoop(), "/new"u8);
        }

        Assert.Equal(["/old", "/new"], Targets(LogPath));
    }

    [Fact]
    public async Task FileCreated_IsNotReadableByOthers()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Files have no Unix mode here.");
        await using var log = Open();
        var mode = OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(LogPath);

        // The process's umask may take more away.
        Assert.True(mode.HasFlag(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal(UnixFileMode.None, mode & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead));
    }

    [Fact]
    public void FolderMissing_IsNamed()
        => Assert.Equal(
            $"error: accessLog.file \"{Path.Combine(_folder, "no", "a.log")}\": The folder {Path.Combine(_folder, "no")} does not exist; create it, or name a file elsewhere.",
            Refused(Path.Combine(_folder, "no", "a.log")).ToString());

    [Fact]
    public void PathIsAFolder_IsSaid() => Assert.Equal("This is a folder; name a file in it.", Refused(_folder).Message);

    [Fact]
    public void NoPath_IsSaid() => Assert.StartsWith("This is not a path", Refused("").Message, StringComparison.Ordinal);

    [Fact]
    public void StandardOutputNotGiven_IsSaid() => Assert.StartsWith("This host gives the log no standard output", Refused("-").Message, StringComparison.Ordinal);

    [Fact]
    public async Task StandardOutputGiven_IsWrittenTo()
    {
        using var output = new MemoryStream();
        Assert.True(AccessLog.TryOpen(new AccessLogConfig("-"), output, TimeProvider.System, NullLogger.Instance, out var log, out _));
        Write(log.ForLoop(), "/x"u8);
        Assert.Null(log.Reopen());
        await log.DisposeAsync();

        Assert.Contains("\"target\":\"/x\"", Encoding.UTF8.GetString(output.ToArray()), StringComparison.Ordinal);
    }

    private static ConfigurationError Refused(string path)
    {
        Assert.False(AccessLog.TryOpen(new AccessLogConfig(path), null, TimeProvider.System, NullLogger.Instance, out var log, out var error));
        Assert.Null(log);
        return error;
    }

    private static void Write(AccessLogBuffer buffer, ReadOnlySpan<byte> target)
        => Assert.True(buffer.TryWrite(new AccessLogEntry { Target = target, Outcome = Outcome.Completed }));

    private static string[] Targets(string path)
        => [.. File.ReadAllLines(path).Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("target").GetString()!)];

    private AccessLog Open(string? path = null)
    {
        Assert.True(AccessLog.TryOpen(new AccessLogConfig(path ?? LogPath), null, TimeProvider.System, NullLogger.Instance, out var log, out _));
        return log;
    }
}
