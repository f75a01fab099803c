using System.Text.RegularExpressions;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests.Docs;

/// <summary>A page of Markdown: its fenced blocks in order, and its links.</summary>
internal sealed partial class DocPage
{
    private const string Fence = "```";

    private readonly string[] _lines;

    private DocPage(string path)
    {
        Path = path;
        _lines = File.ReadAllLines(RepositoryRoot.Combine(path));
        Blocks = [.. ReadBlocks()];
    }

    /// <summary>Every page that a reader is sent to.</summary>
    public static IReadOnlyList<string> Paths { get; } =
    [
        .. new[] { "README.md", "CONTRIBUTING.md", "CHANGELOG.md" }.Where(name => File.Exists(RepositoryRoot.Combine(name))),
        .. Directory.EnumerateFiles(RepositoryRoot.Combine("docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(RepositoryRoot.Path, file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>In the repository.</summary>
    public string Path { get; }

    public IReadOnlyList<DocBlock> Blocks { get; }

    /// <summary>Targets of its links, outside of code.</summary>
    public IEnumerable<string> Links => Link().Matches(string.Join('\n', Prose())).Select(match => match.Groups[1].Value);

    /// <summary>Its headings as anchors, the way GitHub makes them.</summary>
    public IEnumerable<string> Anchors => Prose()
        .Where(line => line.StartsWith('#'))
        .Select(line => NotInAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    public static DocPage Read(string path) => new(path);

    private IEnumerable<string> Prose()
    {
        bool inside = false;
        foreach (string line in _lines)
        {
            if (line.TrimStart().StartsWith(Fence, StringComparison.Ordinal))
            {
                inside = !inside;
            }
            else if (!inside)
            {
                yield return line;
            }
        }
    }

    private IEnumerable<DocBlock> ReadBlocks()
    {
        for (int i = 0; i < _lines.Length; i++)
        {
            if (!_lines[i].TrimStart().StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }

            int end = Array.FindIndex(_lines, i + 1, line => line.TrimStart().StartsWith(Fence, StringComparison.Ordinal));
            Assert.True(end > i, $"{Path}:{i + 1}: the block has no end.");
            int indent = _lines[i].Length - _lines[i].TrimStart().Length;
            string text = string.Join('\n', _lines[(i + 1)..end].Select(line => line.Length >= indent ? line[indent..] : line));
            var comment = i == 0 ? Match.Empty : Directive().Match(_lines[i - 1]);
            yield return new DocBlock(Path, i + 1, _lines[i].Trim()[Fence.Length..], comment.Success ? comment.Groups[1].Value : "", text);
            i = end;
        }
    }

    [GeneratedRegex(@"<!-- test: (.+) -->")]
    private static partial Regex Directive();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
