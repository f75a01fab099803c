using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Docs;

/// <summary>Every command in the documentation works as it stands, and prints what the page says it prints.</summary>
public sealed class DocCommandsTests
{
    public static TheoryData<string> Pages => [.. DocPage.Paths];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task EveryCommandOfThePage_Works(string page)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The pages are written for a POSIX shell.");
        await using DocReader reader = new(DocPage.Read(page));
        await reader.FollowAsync();
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void EveryDirective_IsUnderstood(string page) =>
        Assert.All(DocPage.Read(page).Blocks, block => Assert.True(block.IsUnderstood, $"{block}: '{block.Directive}' says nothing to the test."));

    [Theory]
    [MemberData(nameof(Pages))]
    public void EveryLink_LeadsSomewhere(string page)
    {
        foreach (string link in DocPage.Read(page).Links.Where(link => !link.Contains("://", StringComparison.Ordinal)))
        {
            string[] parts = link.Split('#');
            string path = parts[0].Length == 0 ? page : Path.GetRelativePath(RepositoryRoot.Path, Path.GetFullPath(parts[0], Path.GetDirectoryName(RepositoryRoot.Combine(page))!));
            Assert.True(Path.Exists(RepositoryRoot.Combine(path)), $"{page}: {link} leads nowhere.");
            Assert.True(parts.Length == 1 || DocPage.Read(path).Anchors.Contains(parts[1]), $"{page}: {link} names no heading of {path}.");
        }
    }
}
