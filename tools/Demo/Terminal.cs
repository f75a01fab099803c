using System.Text.RegularExpressions;

namespace Demo;

/// <summary>What the reader sees: headings, facts in columns, commands with their output. Colours only on a terminal.</summary>
internal sealed partial class Terminal(TextWriter output, bool colours)
{
    private const int LabelWidth = 14;
    private const int RequestWidth = 32;
    private const int MaxWidth = 120;

    /// <summary>Holds an option and its value together; a blank on the screen.</summary>
    private const char Joint = '\u00a0';

    private readonly int _width = WidthOf(colours);
    private int _chapter;

    public void Line(string text = "") => output.WriteLine(text);

    public void Title(string text)
    {
        Line();
        Line($"  {Bold(text)}");
    }

    /// <summary>A paragraph, wrapped.</summary>
    public void Text(string text) => Wrapped("     ", "     ", text, static line => line);

    public void Chapter(string text)
    {
        Line();
        Line($"  {Bold(Cyan($"{++_chapter}"))}  {Bold(text)}");
    }

    /// <summary>A label and its value; a long value continues in its own column.</summary>
    public void Fact(string label, string value)
        => Wrapped($"     {Dim(label.PadRight(LabelWidth))}", new string(' ', 5 + LabelWidth), value, static line => line);

    /// <summary>A command as a person types it, broken before its options where it is long.</summary>
    public void Command(string command)
        => Wrapped($"     {Dim("$")} ", "         ", OptionAndValue().Replace(command, $"$1{Joint}"), Bold, " \\");

    /// <summary>What a command said.</summary>
    public void Said(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string content = line.Trim();
            string indent = new(' ', 7 + line.TrimEnd().Length - content.Length);
            if (content.Contains("  ", StringComparison.Ordinal))
            {
                Line(indent + Dim(Row(content, _width - indent.Length)));
            }
            else
            {
                Wrapped(indent, indent + "    ", content, Dim);
            }
        }
    }

    /// <summary>What a request came to.</summary>
    public void Answer(Answer answer, string note = "")
    {
        string status = $"{answer.Status} {answer.Reason}";
        Line($"     {answer.Request}  {Dim(note.PadRight(Math.Max(0, RequestWidth - 2 - answer.Request.Length)))}{(answer.Status < 400 ? Green(status) : Yellow(status))}");
    }

    /// <summary>A command to copy, whole on its own line however long it is.</summary>
    public void Suggestion(string purpose, string command)
    {
        Line();
        Line($"     {Dim(purpose)}");
        Line($"     {command}");
    }

    /// <summary>The sentence that a chapter ends in: something that was promised and held.</summary>
    public void Held(string text) => Wrapped($"     {Green("✓")} ", "       ", text, static line => line);

    public void Failure(UnexpectedException failure)
    {
        Line($"  {Red("This should not have happened.")}");
        Fact("expected", failure.Expected);
        Fact("found", failure.Found.Split('\n')[0]);
        foreach (string line in failure.Found.Split('\n').Skip(1))
        {
            Line($"       {line.TrimEnd()}");
        }
    }

    private static int WidthOf(bool isTerminal)
    {
        if (!isTerminal)
        {
            return MaxWidth;
        }

        try
        {
            // A terminal without a size reports zero.
            return Console.WindowWidth is > 40 and var width ? Math.Min(width, MaxWidth) : MaxWidth;
        }
        catch (IOException)
        {
            return MaxWidth;
        }
    }

    // A table's row is not wrapped; it loses the columns that do not fit.
    private static string Row(string text, int room)
        => text.Length > room && text.LastIndexOf("  ", room, StringComparison.Ordinal) is > 0 and var end ? text[..end].TrimEnd() : text;

    // `first` may hold colours; it takes as much room as `next`, or less.
    private void Wrapped(string first, string next, string text, Func<string, string> colour, string continuation = "")
    {
        int room = Math.Max(20, _width - next.Length - continuation.Length);
        string prefix = first;
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                Line(prefix + colour(line.Replace(Joint, ' ') + continuation));
                prefix = next;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        Line(prefix + colour(line.Replace(Joint, ' ')));
    }

    [GeneratedRegex(@"(?<=\s)(--\S+) (?!--)")]
    private static partial Regex OptionAndValue();

    private string Dim(string text) => Coloured("2", text);

    private string Bold(string text) => Coloured("1", text);

    private string Green(string text) => Coloured("32", text);

    private string Yellow(string text) => Coloured("33", text);

    private string Cyan(string text) => Coloured("36", text);

    private string Red(string text) => Coloured("31", text);

    private string Coloured(string code, string text) => colours ? $"\e[{code}m{text}\e[0m" : text;
}
