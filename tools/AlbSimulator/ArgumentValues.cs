using System.Buffers;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;

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

internal static class ListenAddress
{
    /// <summary><c>https://IP:PORT</c> or <c>IP:PORT</c>; <c>localhost</c> stands for 127.0.0.1.</summary>
    public static bool TryParse(string text, out IPEndPoint endPoint)
    {
        string address = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? text["https://".Length..].TrimEnd('/') : text;
        address = address.Replace("localhost", "127.0.0.1", StringComparison.OrdinalIgnoreCase);
        bool parsed = IPEndPoint.TryParse(address, out var result) && address.Contains(':');
        endPoint = result ?? new IPEndPoint(IPAddress.Loopback, 0);
        return parsed;
    }
}
