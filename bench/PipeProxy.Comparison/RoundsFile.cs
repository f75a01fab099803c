using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>Reads what the shell wrote: a line per round, or per file of turns, parted by tabulators.</summary>
/// <remarks>
/// A round: section, case, proxy, round, then any of <c>name=number</c>, <c>load=FILE</c> (a result of the load generator) and <c>lost=REASON</c>.
/// Turns: section, case, <c>turns=FILE</c>, then <c>lag:PROXY=FILE</c> for each proxy whose loop lag was watched.
/// </remarks>
internal static class RoundsFile
{
    /// <summary>All rounds, in the order in which they ran.</summary>
    public static IReadOnlyList<Round> Read(string file) => [.. File.ReadLines(file).Where(static line => line.Length > 0).SelectMany(ReadLine)];

    private static IEnumerable<Round> ReadLine(string line) => line.Split('\t') is [var section, var name, var turns, .. var lags] && turns.StartsWith("turns=", StringComparison.Ordinal)
        ? TurnsFile.Read(section, name, turns["turns=".Length..], Lags(lags))
        : [Parse(line)];

    private static Dictionary<string, LoopLagSamples> Lags(string[] fields) => fields
        .Select(static field => field.Split('=', 2))
        .Where(static parts => parts.Length == 2 && parts[0].StartsWith("lag:", StringComparison.Ordinal) && File.Exists(parts[1]))
        .ToDictionary(static parts => parts[0]["lag:".Length..], static parts => LoopLagSamples.Read(parts[1]));

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
    internal static string? WhyLost(Dictionary<string, double> values) =>
        values.TryGetValue("errors", out var errors) && errors > 0 ? string.Create(CultureInfo.InvariantCulture, $"{errors:0} errors")
        : values.TryGetValue("requests", out var requests) && requests == 0 ? "no request was answered"
        : null;
}
