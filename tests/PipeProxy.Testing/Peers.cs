using Xunit;

namespace PipeProxy.Testing;

/// <summary>Programs of others that tests run against. A missing one skips the test on a person's computer and fails it in CI.</summary>
public static class Peers
{
    // Debian keeps nginx and haproxy where only root's PATH looks.
    private static readonly string[] FurtherFolders = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/opt/homebrew/bin", "/usr/local/bin"];

    /// <summary>True under <c>CI=true</c>: there the run has installed every peer, so that nothing is skipped in silence.</summary>
    public static bool MustBePresent => string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>The program's path; skips the calling test, or fails it in CI, when there is none.</summary>
    /// <param name="command">The command's name, such as <c>nginx</c>.</param>
    public static string Require(string command)
    {
        string? path = Find(command);
        if (path is null)
        {
            Miss(command, MustBePresent);
        }

        return path!;
    }

    /// <summary>The program's path, or null.</summary>
    public static string? Find(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(FurtherFolders)
            .Select(folder => Path.Combine(folder, command))
            .FirstOrDefault(File.Exists);

    internal static void Miss(string command, bool mustBePresent)
    {
        if (mustBePresent)
        {
            Assert.Fail($"'{command}' is not installed, and CI=true: .ci/run has to install it.");
        }

        Assert.Skip($"'{command}' is not installed.");
    }
}
