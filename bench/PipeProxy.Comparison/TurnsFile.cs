using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>The turns that <c>pipeproxy-bench turns --csv</c> wrote, each of them a round.</summary>
internal static class TurnsFile
{
    // What is text, and what identifies a round.
    private static readonly string[] NoValues = ["round", "target", "reason"];

    /// <summary>All of them, in the order in which they were taken.</summary>
    /// <param name="section">What they measured.</param>
    /// <param name="name">The case.</param>
    /// <param name="file">The CSV.</param>
    /// <param name="lags">How long loops kept their events waiting meanwhile, by proxy.</param>
    /// <exception cref="InvalidDataException">It is not such a file.</exception>
    public static IEnumerable<Round> Read(string section, string name, string file, IReadOnlyDictionary<string, LoopLagSamples> lags)
    {
        using var lines = File.ReadLines(file).GetEnumerator();
        string[] columns = lines.MoveNext() ? lines.Current.Split(',') : [];
        if (NoValues.Any(column => !columns.Contains(column)))
        {
            throw new InvalidDataException($"'{file}' holds no turns.");
        }

        while (lines.MoveNext())
        {
            // The reason is the last column and the only one that may hold commas.
            var fields = lines.Current.Split(',', columns.Length);
            if (fields.Length < columns.Length)
            {
                throw new InvalidDataException($"Not a turn: '{lines.Current}'.");
            }

            yield return Turn(section, name, columns.Zip(fields).ToDictionary(static pair => pair.First, static pair => pair.Second, StringComparer.Ordinal), lags);
        }
    }

    private static Round Turn(string section, string name, Dictionary<string, string> fields, IReadOnlyDictionary<string, LoopLagSamples> lags)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (column, text) in fields)
        {
            if (text.Length > 0 && !NoValues.Contains(column))
            {
                values[column] = double.Parse(text, CultureInfo.InvariantCulture);
            }
        }

        values["rate"] = values["requests"] / values["seconds"];
        if (lags.TryGetValue(fields["target"], out var lag))
        {
            lag.Add(values, values["began"], values["began"] + values["seconds"]);
        }

        var reason = fields["reason"] is ['"', .. var quoted, '"'] ? quoted.Replace("\"\"", "\"", StringComparison.Ordinal) : fields["reason"];
        var lost = RoundsFile.WhyLost(values) is { } why ? reason.Length > 0 ? reason : why : null;
        return new Round(section, name, fields["target"], int.Parse(fields["round"], CultureInfo.InvariantCulture), values, lost);
    }
}
