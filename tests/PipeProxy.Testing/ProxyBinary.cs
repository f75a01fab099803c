namespace PipeProxy.Testing;

/// <summary>The command <c>pipeproxy</c> as the build leaves it, of the same configuration as the running tests.</summary>
public static class ProxyBinary
{
    /// <summary>Absolute path: <c>artifacts/bin/PipeProxy.Cli/release/pipeproxy</c> under <c>-c Release</c>.</summary>
    public static string Path { get; } = RepositoryRoot.Combine(
        "artifacts", "bin", "PipeProxy.Cli", Configuration, OperatingSystem.IsWindows() ? "pipeproxy.exe" : "pipeproxy");

    // artifacts/bin/PROJECT/CONFIGURATION/ is where UseArtifactsOutput puts the test assembly, too.
    private static string Configuration => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
}
