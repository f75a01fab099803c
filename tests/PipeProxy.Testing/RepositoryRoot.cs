namespace PipeProxy.Testing;

/// <summary>The checkout that the tests were built from: the nearest folder above the test assembly that holds the solution.</summary>
public static class RepositoryRoot
{
    /// <summary>Absolute path, without a separator at its end.</summary>
    public static string Path { get; } = Find();

    /// <summary>A path inside the checkout.</summary>
    public static string Combine(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "PipeProxy.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"PipeProxy.sln is not above {AppContext.BaseDirectory}; the tests run from the checkout's artifacts folder.");
    }
}
