namespace PipeProxy.Comparison;

/// <summary>When, where and with which versions a run was made; in the order in which it is shown.</summary>
internal sealed class RunFacts(IReadOnlyList<KeyValuePair<string, string>> items)
{
    /// <summary>Name and value of each fact.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Items => items;

    /// <summary>The value of a fact, or null.</summary>
    public string? this[string name] => items.Where(item => item.Key == name).Select(static item => item.Value).FirstOrDefault();

    /// <summary>Reads lines of name, tabulator, value.</summary>
    public static RunFacts Read(string file) => Parse(File.ReadLines(file));

    internal static RunFacts Parse(IEnumerable<string> lines) =>
        new([.. lines.Select(static line => line.Split('\t', 2)).Where(static parts => parts.Length == 2).Select(static parts => KeyValuePair.Create(parts[0], parts[1]))]);
}
