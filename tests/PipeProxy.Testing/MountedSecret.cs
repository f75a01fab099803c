using System.Runtime.InteropServices;

namespace PipeProxy.Testing;

/// <summary>Writes a secret as the kubelet does: a new folder, then the link <c>..data</c> turned to it by rename, then the old folder deleted.</summary>
public static partial class MountedSecret
{
    /// <summary>Writes one version of the secret.</summary>
    /// <param name="folder">Where it is mounted; made when it is missing.</param>
    /// <param name="version">Names the version's own folder; not that of the version before.</param>
    /// <param name="certificate">Text of <c>tls.crt</c>.</param>
    /// <param name="key">Text of <c>tls.key</c>.</param>
    public static void Put(string folder, string version, string certificate, string key)
    {
        string data = Path.Combine(folder, "..data");
        string? before = Directory.Exists(data) ? Path.Combine(folder, new FileInfo(data).LinkTarget!) : null;
        string next = $"..2026_{version}";
        Directory.CreateDirectory(Path.Combine(folder, next));
        File.WriteAllText(Path.Combine(folder, next, "tls.crt"), certificate);
        File.WriteAllText(Path.Combine(folder, next, "tls.key"), key);
        File.WriteAllText(Path.Combine(folder, next, "ca.crt"), "not read");
        File.CreateSymbolicLink(Path.Combine(folder, "..data_tmp"), next);

        // File.Move takes a link to a folder for a folder and refuses it.
        if (Rename(Path.Combine(folder, "..data_tmp"), data) != 0)
        {
            throw new IOException($"rename failed, error {Marshal.GetLastPInvokeError()}");
        }

        if (before is not null)
        {
            Directory.Delete(before, recursive: true);
            return;
        }

        foreach (string name in new[] { "tls.crt", "tls.key", "ca.crt" })
        {
            File.CreateSymbolicLink(Path.Combine(folder, name), Path.Combine("..data", name));
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(string from, string to);
}
