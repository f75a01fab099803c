using System.Globalization;

namespace PipeProxy.Configuration;

/// <summary>Durations as people write them: a whole number and a unit, <c>500ms</c>, <c>5s</c>, <c>50m</c>, <c>1h</c>.</summary>
internal static class DurationText
{
    internal const string Expected = "must be a duration such as \"500ms\", \"5s\", \"50m\" or \"1h\"";

    /// <summary>Longest duration that any setting takes; a day is far beyond every timer's use.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    internal static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var unit = text[digits..] switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            _ => 0,
        };
        if (unit == 0 || number > TimeSpan.MaxValue.Ticks / unit)
        {
            return false;
        }

        duration = new TimeSpan(number * unit);
        return true;
    }

    /// <summary>The shortest way to write <paramref name="duration"/>.</summary>
    internal static string Format(TimeSpan duration)
    {
        var ticks = duration.Ticks;
        var (number, unit) = ticks switch
        {
            0 => (0, "s"),
            _ when ticks % TimeSpan.TicksPerHour == 0 => (ticks / TimeSpan.TicksPerHour, "h"),
            _ when ticks % TimeSpan.TicksPerMinute == 0 => (ticks / TimeSpan.TicksPerMinute, "m"),
            _ when ticks % TimeSpan.TicksPerSecond == 0 => (ticks / TimeSpan.TicksPerSecond, "s"),
            _ => (ticks / TimeSpan.TicksPerMillisecond, "ms"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }
}
