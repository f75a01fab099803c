using PipeProxy.Testing;

namespace PipeProxy.Tests.Testing;

public sealed class TemporaryDirectoryTests
{
    [Fact]
    public void Folder_IsPrivateAndGoes()
    {
        using TemporaryDirectory folder = new();
        string file = folder.Write("a/b.txt", "text");
        Assert.Equal("text", File.ReadAllText(file));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
        }

        folder.Dispose();
        Assert.False(Directory.Exists(folder.Path));
    }

    [Fact]
    public void RepositoryRoot_HoldsTheSolution() => Assert.True(File.Exists(RepositoryRoot.Combine("PipeProxy.sln")));

    [Fact]
    public void ProxyBinary_IsWhereTheBuildPutsIt() => Assert.True(File.Exists(ProxyBinary.Path), ProxyBinary.Path);
}
