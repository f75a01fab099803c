using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;

namespace PipeProxy.Tests.Architecture;

public sealed class LayerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Library_UsesOnlyWhatTheTableAllows(bool debug)
    {
        Assert.NotEmpty(LibraryCompilation.Sources);
        CSharpCompilation compilation = LibraryCompilation.Compile(LibraryCompilation.Sources, debug);
        Finding.None(LibraryCompilation.Errors(compilation));
        Finding.None(LayerChecker.Check(compilation, LibraryCompilation.Sources));
    }

    [Fact]
    public void Table_HasNoCycle()
    {
        // Repeatedly take away the folders that use nothing that is left; a cycle would stay.
        List<string> left = [.. LayerTable.MayUse.Keys];
        while (left.RemoveAll(folder => !LayerTable.MayUse[folder].Any(left.Contains)) > 0)
        {
        }

        Assert.Empty(left);
    }

    [Fact]
    public void ReadmeTable_IsTheTable()
    {
        Dictionary<string, string[]> written = new(StringComparer.Ordinal);
        string? root = null;
        foreach (Match row in Regex.Matches(Readme(), @"^\| (?<folders>[^|]+) \| (?<uses>[^|]+) \|\r?$", RegexOptions.Multiline))
        {
            string folders = row.Groups["folders"].Value.Trim();
            string uses = row.Groups["uses"].Value.Trim();
            if (folders == LayerTable.Root)
            {
                root = uses;
            }
            else if (folders != "folder" && !folders.StartsWith("---", StringComparison.Ordinal))
            {
                foreach (string folder in folders.Split(", "))
                {
                    written.Add(folder, uses == "no other folder" ? [] : uses.Split(", "));
                }
            }
        }

        Assert.Equal(
            LayerTable.MayUse.Select(row => $"{row.Key}: {string.Join(", ", row.Value)}"),
            written.Select(row => $"{row.Key}: {string.Join(", ", row.Value)}"));
        Assert.Equal("everything; nothing uses the root", root);
    }

    [Fact]
    public void ReadmeWalk_IsTheWalk() =>
        Assert.Equal(LayerTable.Walk, Regex.Matches(Readme(), @"^\d+\. `(?<file>[^`]+)`", RegexOptions.Multiline).Select(line => line.Groups["file"].Value));

    [Fact]
    public void Walk_IsThereOnceTheRootComposesIt()
    {
        if (File.Exists(Path.Combine(LibraryCompilation.Folder, "ReverseProxy.cs")))
        {
            Finding.None(LayerTable.Walk.Where(file => !File.Exists(Path.Combine(LibraryCompilation.Folder, file))));
        }
    }

    private static string Readme() => File.ReadAllText(Path.Combine(LibraryCompilation.Folder, "README.md"));
}
