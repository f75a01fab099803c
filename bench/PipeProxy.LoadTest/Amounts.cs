using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace PipeProxy.LoadTest;

/// <summary>Options whose value is an amount, refused with an example when it is none.</summary>
internal static class Amounts
{
    private delegate bool Reading<T>(string text, out T value);

    /// <summary>From 1.</summary>
    internal static Option<int?> Whole(string name, string description, params string[] aliases)
        => Make<int>(name, description, "N", "a whole number from 1", aliases, static (string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0);

    /// <summary>From 1, for what may exceed an int.</summary>
    internal static Option<long?> Count(string name, string description, params string[] aliases)
        => Make<long>(name, description, "N", "a whole number from 1", aliases, static (string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0);

    internal static Option<TimeSpan?> Time(string name, string description, params string[] aliases)
        => Make<TimeSpan>(name, description, "TIME", "a time such as 10s, 500ms or 2m", aliases, static (string text, out TimeSpan value) => Quantity.TryTime(text, out value) && value > TimeSpan.Zero);

    internal static Option<double?> Rate(string name, string description)
        => Make<double>(name, description, "N", "requests per second such as 5000 or 5k", [], Quantity.TryRate);

    internal static Option<int?> Size(string name, string description)
        => Make<int>(name, description, "SIZE", "a size such as 512, 10KiB or 1MiB", [], Quantity.TrySize);

    private static Option<T?> Make<T>(string name, string description, string helpName, string expected, string[] aliases, Reading<T> read)
        where T : struct
        => new(name, aliases) { Description = description, HelpName = helpName, CustomParser = result => Parse(result, name, expected, read) };

    private static T? Parse<T>(ArgumentResult result, string name, string expected, Reading<T> read)
        where T : struct
    {
        var text = result.Tokens[0].Value;
        if (read(text, out var value))
        {
            return value;
        }

        result.AddError($"{name} takes {expected}, not '{text}'.");
        return null;
    }
}
