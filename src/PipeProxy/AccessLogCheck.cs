using System.Runtime.InteropServices;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy;

/// <summary>Whether a file could be opened as access log, in the words of its opening, without opening it: a look neither creates a file nor waits for a pipe's reader.</summary>
internal static partial class AccessLogCheck
{
    // access(2): W_OK, and in a folder X_OK besides.
    private const int Write = 2;
    private const int WriteAndSearch = 3;

    /// <summary>Tells in <paramref name="errors"/> why the log of <paramref name="config"/> could not be opened.</summary>
    internal static void Run(ProxyConfig config, List<ConfigurationError> errors)
    {
        if (config.AccessLog is { File: not "-" } log && Explain(log.File) is { } why)
        {
            errors.Add((config.AccessLogSource ?? new SettingSource(null, "accessLog.file", log.File)).Error(why));
        }
    }

    private static string? Explain(string file)
    {
        if (Directory.Exists(file))
        {
            return AccessLogFile.IsFolder;
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var exists = File.Exists(file);
        if (!exists && !Directory.Exists(folder))
        {
            return AccessLogFile.NoFolder(file);
        }

        return OperatingSystem.IsWindows() || (exists ? Access(file, Write) : Access(folder, WriteAndSearch)) == 0
            ? null
            : AccessLogFile.MayNotBeWritten;
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Access(string path, int mode);
}
