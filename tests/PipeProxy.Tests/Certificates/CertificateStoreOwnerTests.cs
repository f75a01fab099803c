using System.Diagnostics;
using PipeProxy.Certificates;
using PipeProxy.Configuration;

namespace PipeProxy.Tests.Certificates;

/// <summary>What root writes into the store of another user can be read by that user's proxy.</summary>
public sealed class CertificateStoreOwnerTests : IDisposable
{
    private const string Owner = "65534:65534";
    private static readonly EnvironmentType[] Production = [EnvironmentType.Production];

    private readonly TemporaryFolder _folder = new();

    public CertificateStoreOwnerTests()
        => Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can make a folder of another user, and only Linux knows a user per thread.");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void StoreOfAnotherUser_AllThatRootWritesIsThatUsers()
    {
        Run("chown", Owner, _folder.Path);
        var store = new CertificateStore(_folder.Path);
        using var one = IssuedCertificate.Good.ToPair();
        using var two = IssuedCertificate.Leaf().ToPair();

        store.Create("a", one, Production);
        store.Update("a", two, null);
        store.SetEnabled("a", false);
        store.Refuse("a", 2, "no");

        var written = Directory.EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories).ToArray();
        Assert.Equal(11, written.Length); // .lock, a, current, versions, two versions with three files and, as it was refused, two
        Assert.All(written, static path => Assert.Equal($"{Owner} {(Directory.Exists(path) ? "700" : "600")}", Run("stat", "-c", "%u:%g %a", path)));
        Assert.False(store.Load().Certificates["a"].Enabled);

        // Root's rights are back.
        File.WriteAllText(_folder.File("roots"), "");
        Assert.Equal("0:0", Run("stat", "-c", "%u:%g", _folder.File("roots")));
    }

    [Fact]
    public void FolderThatItsUserMayNotWrite_IsSaid()
    {
        Run("chown", Owner, _folder.Path);
        var store = new CertificateStore(_folder.Path);
        using var pair = IssuedCertificate.Good.ToPair();
        store.Create("a", pair, Production);
        Run("chmod", "500", Path.Combine(_folder.Path, "a", "versions"));

        var refused = Assert.Throws<CertificateException>(() => store.Update("a", pair, null));

        Assert.Contains("permission denied", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, store.Describe("a").Version);
    }

    private static string Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.Trim();
    }
}
