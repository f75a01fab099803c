namespace PipeProxy.Testing;

/// <summary>A folder of one test's own, mode 0700, deleted with everything in it at the end.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Makes the folder under the system's temporary folder.</summary>
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("pipeproxy-test-").FullName; // mkdtemp: 0700

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>A path inside the folder.</summary>
    public string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Writes a file of UTF-8 text, making folders as needed, and returns its path.</summary>
    public string Write(string name, string text)
    {
        string path = Combine(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Deletes the folder; a file that a dying process still writes is left to the system's own cleaning.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
