using System.Runtime.InteropServices;

namespace PipeProxy.Certificates;

/// <summary>Writes that survive a kill or a power cut whole or not at all: content is on the disk before a rename makes it visible, and the rename is on the disk before the call returns.</summary>
internal static partial class DurableFolder
{
    /// <summary>Names that begin so are attempts under way or dead ones; readers pass over them.</summary>
    public const string TemporaryPrefix = ".pipeproxy-tmp-";

    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    public static string TemporaryName() => $"{TemporaryPrefix}{Guid.NewGuid():N}";

    /// <summary>Makes a folder with mode 0700 in one that is there, and for the user of that one.</summary>
    public static void Add(string folder)
    {
        using var foreign = ForeignFolder.TryOpen(Path.GetDirectoryName(folder)!);
        if (foreign is null)
        {
            Create(folder);
        }
        else
        {
            foreign.CreateFolder(Path.GetFileName(folder));
        }
    }

    /// <summary>Makes a folder with mode 0700, its missing parents too.</summary>
    public static void Create(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        Directory.CreateDirectory(folder, OwnerFolder);
    }

    /// <summary>Takes every right from group and others.</summary>
    public static void Restrict(string folder)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & ~OwnerFolder) != 0)
        {
            File.SetUnixFileMode(folder, OwnerFolder);
        }
    }

    /// <summary>Writes a new file with mode 0600, for the user of its folder, and waits until the disk has it. The folder entry is not yet durable.</summary>
    public static void WriteNew(string file, ReadOnlySpan<byte> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerFile;
        }

        using var foreign = ForeignFolder.TryOpen(Path.GetDirectoryName(file)!);
        using var stream = foreign is null ? new FileStream(file, options) : new FileStream(foreign.CreateFile(Path.GetFileName(file)), FileAccess.Write, bufferSize: 0);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Puts <paramref name="content"/> in the place of <paramref name="file"/> in one step.</summary>
    public static void Replace(string file, ReadOnlySpan<byte> content)
    {
        var folder = Path.GetDirectoryName(file)!;
        var temporary = Path.Combine(folder, TemporaryName());
        WriteNew(temporary, content);
        File.Move(temporary, file, overwrite: true);
        Flush(folder);
    }

    /// <summary>Gives a folder its name in one step; both lie in the same parent.</summary>
    public static void Rename(string from, string to)
    {
        Flush(from);
        Directory.Move(from, to);
        Flush(Path.GetDirectoryName(to)!);
    }

    /// <summary>Waits until the disk has the entries of <paramref name="folder"/>.</summary>
    public static void Flush(string folder)
    {
        // Windows has no such call; NTFS journals its entries.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // FileStream refuses folders, so the call is made by hand. O_RDONLY is 0 on every Unix.
        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {folder} cannot be opened to flush it (error {Marshal.GetLastPInvokeError()}).");
        }

        try
        {
            // EINVAL (22): a file system that cannot flush folders, such as some network mounts. Nothing better can be done there.
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() is var error and not 22)
            {
                throw new IOException($"The folder {folder} cannot be flushed to the disk (error {error}).");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
