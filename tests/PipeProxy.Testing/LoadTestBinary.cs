namespace PipeProxy.Testing;

/// <summary>The command <c>pipeproxy-bench</c> as the build leaves it, of the same configuration as the running tests.</summary>
public static class LoadTestBinary
{
    /// <summary>Absolute path: <c>artifacts/bin/PipeProxy.LoadTest/release/pipeproxy-bench</c> under <c>-c Release</c>.</summary>
    public static string Path { get; } = RepositoryRoot.Combine(
        "artifacts", "bin", "PipeProxy.LoadTest", Configuration, OperatingSystem.IsWindows() ? "pipeproxy-bench.exe" : "pipeproxy-bench");

    private static string Configuration => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
}
