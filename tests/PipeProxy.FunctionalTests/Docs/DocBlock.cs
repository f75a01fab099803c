namespace PipeProxy.FunctionalTests.Docs;

/// <summary>A fenced block of a page, with the comment above it that says what a test does with it.</summary>
/// <param name="Page">Path of the page in the repository.</param>
/// <param name="Line">Line of the fence, from 1.</param>
/// <param name="Language">What stands behind the fence: <c>bash</c>, <c>json</c>, ...</param>
/// <param name="Directive">The comment's text, <c>&lt;!-- test: ... --&gt;</c>; empty when there is none.</param>
/// <param name="Text">What the block holds, without a line end.</param>
internal sealed record DocBlock(string Page, int Line, string Language, string Directive, string Text)
{
    private const string NotRunPrefix = "not run: ";
    private const string FilePrefix = "file ";
    private const string ExitPrefix = "exit ";

    /// <summary>A command line for a reader's shell.</summary>
    public bool IsShell => Language is "bash" or "sh" or "shell" or "console";

    /// <summary>Why it is not run; null when it is.</summary>
    public string? NotRun => Directive.StartsWith(NotRunPrefix, StringComparison.Ordinal) ? Directive[NotRunPrefix.Length..] : null;

    /// <summary>A server that stays up until the page ends; the next block runs once it listens.</summary>
    public bool IsBackground => Directive == "background";

    /// <summary>The file that the block is the content of; null when it is none.</summary>
    public string? File => Directive.StartsWith(FilePrefix, StringComparison.Ordinal) ? Directive[FilePrefix.Length..] : null;

    /// <summary>What the commands before it print. <c>...</c> stands for anything within a line.</summary>
    public bool IsOutput => Directive == "output";

    /// <summary>The exit code of the block's last command.</summary>
    public int ExitCode => Directive.StartsWith(ExitPrefix, StringComparison.Ordinal) ? int.Parse(Directive[ExitPrefix.Length..], System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>The directive is one of those above.</summary>
    public bool IsUnderstood => Directive.Length == 0 || NotRun is { Length: > 0 } || IsBackground || File is not null || IsOutput || Directive.StartsWith(ExitPrefix, StringComparison.Ordinal);

    public override string ToString() => $"{Page}:{Line}";
}
