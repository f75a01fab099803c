using System.Buffers;
using System.CommandLine.Parsing;
using System.Globalization;

namespace AlbSimulator;

/// <summary>Durations as the flags take them: <c>500ms</c>, <c>60s</c>, <c>5m</c>, <c>1h</c>, or plain seconds.</summary>
internal static class Duration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public static TimeSpan Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        int digits = text.AsSpan().IndexOfAnyExcept(Digits);
        string unit = digits < 0 ? "s" : text[digits..];
        double milliseconds = unit switch { "ms" => 1, "s" => 1_000, "m" => 60_000, "h" => 3_600_000, _ => 0 };
        if (milliseconds > 0 && double.TryParse(digits < 0 ? text : text[..digits], CultureInfo.InvariantCulture, out double count))
        {
            return TimeSpan.FromMilliseconds(count * milliseconds);
        }

        result.AddError($"'{text}' is not a duration such as 60s, 500ms, 5m or 1h.");
        return TimeSpan.Zero;
    }
}
