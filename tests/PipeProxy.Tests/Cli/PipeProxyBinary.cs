using System.Diagnostics;

namespace PipeProxy.Tests.Cli;

/// <summary>The built command, started as a user starts it.</summary>
internal static class PipeProxyBinary
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary><c>artifacts/bin/PipeProxy.Cli/CONFIGURATION/pipeproxy</c>, of the configuration that the tests were built in.</summary>
    public static string Path { get; } = Find();

    public static Process Start(IEnumerable<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(Path, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("PIPEPROXY_STORE");
        start.Environment.Remove("PIPEPROXY_STORE_PASSPHRASE");
        return Process.Start(start) ?? throw new InvalidOperationException("The command did not start.");
    }

    public static async Task<CliRun> RunAsync(IEnumerable<string> arguments, string folder)
    {
        using var process = Start(arguments, folder);
        using var bound = new CancellationTokenSource(Bound);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(bound.Token), process.StandardError.ReadToEndAsync(bound.Token));
        await process.WaitForExitAsync(bound.Token);
        return new CliRun(process.ExitCode, await output, await error);
    }

    private static string Find()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(root.FullName, "PipeProxy.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("The repository's root was not found.");
        }

        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        return System.IO.Path.Combine(root.FullName, "artifacts", "bin", "PipeProxy.Cli", configuration, OperatingSystem.IsWindows() ? "pipeproxy.exe" : "pipeproxy");
    }
}
