using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PipeProxy.Certificates;

/// <summary>Another user's folder, for a process that is root: what is made in it belongs to that user, who could not read root's own files there.</summary>
/// <remarks>
/// It is made as that user and not given away afterwards, and in the open folder and not at a path: the owner may turn any part of the
/// path into a link meanwhile, and root must not give away what is there. Linux alone knows a user per thread for files, setfsuid(2).
/// </remarks>
internal sealed partial class ForeignFolder : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _folder;
    private readonly uint _user;
    private readonly uint _group;

    private ForeignFolder(string path, SafeFileHandle folder, uint user, uint group)
    {
        _path = path;
        _folder = folder;
        _user = user;
        _group = group;
    }

    /// <summary>Null when the process is not root or the folder is its own; also when there is none: what is wrong with it, the caller's write says.</summary>
    public static ForeignFolder? TryOpen(string path)
    {
        const int CloseOnExec = 0x80000;
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        var folder = Open(path, CloseOnExec);
        if (!folder.IsInvalid && TryReadOwner(folder, out var user, out var group) && user != 0)
        {
            return new ForeignFolder(path, folder, user, group);
        }

        folder.Dispose();
        return null;
    }

    /// <summary>Makes a folder with mode 0700; one that is there stays as it is.</summary>
    public void CreateFolder(string name)
    {
        const int Exists = 17;
        const uint OwnerFolder = 0x1C0;
        var error = AsOwner(() => MakeFolder(_folder, name, OwnerFolder) == 0 ? 0 : Marshal.GetLastPInvokeError());
        if (error != 0 && (error != Exists || !Directory.Exists(Path.Combine(_path, name))))
        {
            throw Failed(name, error);
        }
    }

    /// <summary>Makes a new file with mode 0600, open to write.</summary>
    public SafeFileHandle CreateFile(string name)
    {
        // O_WRONLY, O_CREAT, O_EXCL, O_CLOEXEC: the same on every machine that .NET runs Linux on.
        const int NewFile = 0x1 | 0x40 | 0x80 | 0x80000;
        const uint OwnerFile = 0x180;
        var error = 0;
        var file = AsOwner(() =>
        {
            var made = OpenIn(_folder, name, NewFile, OwnerFile);
            error = made.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
            return made;
        });
        return error == 0 ? file : throw Failed(name, error);
    }

    public void Dispose() => _folder.Dispose();

    // Of this thread alone. The kernel takes root's rights over other users' files away for as long, capabilities(7).
    private T AsOwner<T>(Func<T> make)
    {
        var group = SetFileGroup(_group);
        var user = SetFileUser(_user);
        try
        {
            // They answer with what was before, and tell in no other way that nothing was changed.
            return SetFileUser(_user) == _user && SetFileGroup(_group) == _group
                ? make()
                : throw new IOException($"the folder {_path} belongs to user {_user}, and this process may not write files as that user");
        }
        finally
        {
            _ = SetFileUser(user);
            _ = SetFileGroup(group);
        }
    }

    private Exception Failed(string name, int error)
    {
        const int NoAccess = 13;
        var message = $"{Path.Combine(_path, name)} cannot be made as user {_user}, whose folder it is: {Marshal.GetPInvokeErrorMessage(error)}";
        return error == NoAccess ? new UnauthorizedAccessException(message) : new IOException(message, error);
    }

    // statx(2), whose record is the same on every machine: stx_uid at 20, stx_gid at 24.
    private static bool TryReadOwner(SafeFileHandle folder, out uint user, out uint group)
    {
        const int OfDescriptor = 0x1000;
        const uint UserAndGroup = 0x8 | 0x10;
        Span<byte> record = stackalloc byte[256];
        record.Clear();
        var read = ReadStatus(folder, "", OfDescriptor, UserAndGroup, record) == 0;
        user = MemoryMarshal.Read<uint>(record[20..]);
        group = MemoryMarshal.Read<uint>(record[24..]);
        return read;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle OpenIn(SafeFileHandle folder, string name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeFolder(SafeFileHandle folder, string name, uint mode);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ReadStatus(SafeFileHandle folder, string path, int flags, uint mask, Span<byte> record);

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint SetFileUser(uint user);

    [LibraryImport("libc", EntryPoint = "setfsgid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint SetFileGroup(uint group);
}
