using System.Text;

namespace CertificateAuthority;

/// <summary>Files that only their owner reads: mode 0600, in folders of mode 0700.</summary>
internal static class PrivateFile
{
    private const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode700 = FileMode600 | UnixFileMode.UserExecute;

    /// <summary>Writes the file anew and returns its full path. A folder that exists keeps its mode.</summary>
    public static string Write(string directory, string name, string text)
    {
        string path = Path.GetFullPath(Path.Combine(directory, name));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, FolderMode700);
            options.UnixCreateMode = FileMode600;
        }

        // A new file instead of a truncated one: the mode is given at creation only.
        File.Delete(path);
        using var stream = new FileStream(path, options);
        stream.Write(Encoding.UTF8.GetBytes(text));
        return path;
    }
}
