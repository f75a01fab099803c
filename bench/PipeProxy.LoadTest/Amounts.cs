using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace PipeProxy.LoadTest;

/// <summary>Options whose value is an amount, refused with an example when it is none, and with the bound when it is too large.</summary>
internal static class Amounts
{
    private delegate Reading Reader<T>(string text, out T value);

    private enum Reading
    {
        Wrong,
        TooLarge,
        Done,
    }

    /// <summary>From 1.</summary>
    internal static Option<int?> Whole(string name, string description, string? alias = null, int most = int.MaxValue)
        => Make<int>(name, description, "N", "a whole number from 1", most.ToString(CultureInfo.InvariantCulture), alias, (string text, out int value) =>
        {
            var reading = ReadWhole(text, most, out var number);
            value = (int)number;
            return reading;
        });

    /// <summary>From 1, for what may exceed an int.</summary>
    internal static Option<long?> Count(string name, string description, string? alias = null)
        => Make<long>(name, description, "N", "a whole number from 1", long.MaxValue.ToString(CultureInfo.InvariantCulture), alias, static (string text, out long value) => ReadWhole(text, long.MaxValue, out value));

    internal static Option<TimeSpan?> Time(string name, string description, string? alias = null, bool zero = false)
        => Make<TimeSpan>(name, description, "TIME", "a time such as 10s, 500ms or 1h30m", Text.Invariant($"{Quantity.MostTime.TotalHours:0}h"), alias, (string text, out TimeSpan value) =>
        {
            value = default;
            if (!Quantity.TrySeconds(text, out var seconds))
            {
                return Reading.Wrong;
            }

            if (seconds > Quantity.MostTime.TotalSeconds)
            {
                return Reading.TooLarge;
            }

            value = TimeSpan.FromSeconds(seconds);
            return zero || value > TimeSpan.Zero ? Reading.Done : Reading.Wrong;
        });

    internal static Option<double?> Rate(string name, string description)
        => Make<double>(name, description, "N", "requests per second such as 5000 or 5k", Text.Invariant($"{Quantity.MostRate:0}"), null, static (string text, out double value)
            => !Quantity.TryRate(text, out value) ? Reading.Wrong : value > Quantity.MostRate ? Reading.TooLarge : Reading.Done);

    internal static Option<int?> Size(string name, string description)
        => Make<int>(name, description, "SIZE", "a size such as 512, 10KiB or 1MiB", Text.Bytes(Quantity.MostBytes), null, static (string text, out int value)
            => Quantity.TrySize(text, out value) ? Reading.Done : Quantity.TryBytes(text, out _) ? Reading.TooLarge : Reading.Wrong);

    private static Reading ReadWhole(string text, long most, out long value)
    {
        if (text.Length == 0 || !text.All(char.IsAsciiDigit) || text.All(static c => c == '0'))
        {
            value = 0;
            return Reading.Wrong;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= most ? Reading.Done : Reading.TooLarge;
    }

    private static Option<T?> Make<T>(string name, string description, string helpName, string expected, string most, string? alias, Reader<T> read)
        where T : struct
        => new(name, alias is null ? [] : [alias]) { Description = description, HelpName = helpName, CustomParser = result => Parse(result, name, expected, most, read) };

    private static T? Parse<T>(ArgumentResult result, string name, string expected, string most, Reader<T> read)
        where T : struct
    {
        var text = result.Tokens[0].Value;
        switch (read(text, out var value))
        {
            case Reading.Done:
                return value;
            case Reading.TooLarge:
                result.AddError($"{name}: '{text}' is too large; at most {most}.");
                return null;
            default:
                result.AddError($"{name} takes {expected}, not '{text}'.");
                return null;
        }
    }
}
