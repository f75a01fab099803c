using System.Runtime.InteropServices;
using PipeProxy.Configuration;

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
            return "This is a folder; name a file in it.";
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var exists = File.Exists(file);
        if (!exists && !Directory.Exists(folder))
        {
            return $"The folder {folder} does not exist; create it, or name a file elsewhere.";
        }

        return OperatingSystem.IsWindows() || (exists ? Access(file, Write) : Access(folder, WriteAndSearch)) == 0
            ? null
            : "This file may not be written by the proxy's user; change its owner or mode, or name another.";
    }

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Access(string path, int mode);
}
