using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>Reads what the shell wrote: a line per round, parted by tabulators.</summary>
/// <remarks>
/// Section, case, proxy, round, then any of <c>name=number</c>, <c>load=FILE</c> (a result of the load generator) and <c>lost=REASON</c>.
/// </remarks>
internal static class RoundsFile
{
    /// <summary>All rounds, in the order in which they ran.</summary>
    public static IReadOnlyList<Round> Read(string file) => [.. File.ReadLines(file).Where(static line => line.Length > 0).Select(Parse)];

    internal static Round Parse(string line)
    {
        var fields = line.Split('\t');
        if (fields.Length < 5 || !int.TryParse(fields[3], CultureInfo.InvariantCulture, out var number))
        {
            throw new InvalidDataException($"Not a round: '{line}'.");
        }

        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        string? lost = null;
        foreach (var field in fields.Skip(4))
        {
            var at = field.IndexOf('=', StringComparison.Ordinal);
            var (name, text) = at < 0 ? (field, "") : (field[..at], field[(at + 1)..]);
            switch (name)
            {
                case "load":
                    lost ??= LoadResult.Read(text, values);
                    break;
                case "lost":
                    lost ??= text;
                    break;
                default:
                    values[name] = double.TryParse(text, CultureInfo.InvariantCulture, out var value)
                        ? value
                        : throw new InvalidDataException($"'{field}' is not a number in '{line}'.");
                    break;
            }
        }

        lost ??= WhyLost(values);
        return new Round(fields[0], fields[1], fields[2], number, values, lost);
    }

    // A round with an error is not compared: an answer of 502 is cheap, and a missing one is free.
    private static string? WhyLost(Dictionary<string, double> values) =>
        values.TryGetValue("errors", out var errors) && errors > 0 ? string.Create(CultureInfo.InvariantCulture, $"{errors:0} errors")
        : values.TryGetValue("requests", out var requests) && requests == 0 ? "no request was answered"
        : null;
}
