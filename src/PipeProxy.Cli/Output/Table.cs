namespace PipeProxy.Cli.Output;

/// <summary>Rows of cells in aligned columns, two spaces between; the last column is never padded.</summary>
internal sealed class Table
{
    private const string Gap = "  ";

    private readonly List<Cell[]> _rows = [];

    public Table(params IEnumerable<string> headings) => _rows.Add([.. headings.Select(static heading => new Cell(heading, Color.Bold))]);

    public void Add(params Cell[] cells) => _rows.Add(cells);

    public void WriteTo(Terminal terminal)
    {
        var widths = new int[_rows.Max(static row => row.Length)];
        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Text.Length);
            }
        }

        foreach (var row in _rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                var (text, color) = row[i];

                // Colour codes have no width, so padding is counted on the plain text.
                terminal.Output.Write(color is { } paint ? terminal.Paint(text, paint) : text);
                terminal.Output.Write(i == row.Length - 1 ? "\n" : new string(' ', widths[i] - text.Length) + Gap);
            }
        }
    }

    /// <summary>Writes <c>label  value</c> lines, indented; entries without a value are left out.</summary>
    public static void WriteFields(Terminal terminal, params IEnumerable<(string Label, string? Value)> fields)
    {
        var present = fields.Where(static field => !string.IsNullOrEmpty(field.Value)).ToList();
        var width = present.Max(static field => field.Label.Length);
        foreach (var (label, value) in present)
        {
            var first = true;
            foreach (var line in Terminal.Plain(value!).Split('\n'))
            {
                terminal.Output.WriteLine($"{Gap}{(first ? label : "").PadRight(width)}{Gap}{line}");
                first = false;
            }
        }
    }
}

/// <summary>One cell of a <see cref="Table"/>.</summary>
internal readonly record struct Cell(string Text, Color? Color = null)
{
    public static implicit operator Cell(string text) => new(text);
}
