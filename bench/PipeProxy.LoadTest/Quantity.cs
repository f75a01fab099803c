using System.Globalization;

namespace PipeProxy.LoadTest;

/// <summary>Amounts as they are typed: a number and perhaps a unit.</summary>
internal static class Quantity
{
    private static readonly (string Unit, double Seconds)[] Times = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)];

    private static readonly (string Unit, double Bytes)[] Sizes =
        [("kib", 1024), ("mib", 1024 * 1024), ("gib", 1024 * 1024 * 1024), ("kb", 1000), ("mb", 1e6), ("gb", 1e9), ("k", 1024), ("m", 1024 * 1024), ("g", 1024 * 1024 * 1024), ("b", 1)];

    private static readonly (string Unit, double Factor)[] Counts = [("k", 1e3), ("m", 1e6)];

    private static readonly (string Unit, double Factor)[] Rates = [("/s", 1), ("k/s", 1e3), ("k", 1e3), ("m", 1e6)];

    /// <summary><c>10s</c>, <c>500ms</c>, <c>2m</c>; a bare number is seconds.</summary>
    internal static bool TryTime(string text, out TimeSpan time)
    {
        var known = TryRead(text, Times, 1, out var seconds) && seconds < TimeSpan.MaxValue.TotalSeconds;
        time = known ? TimeSpan.FromSeconds(seconds) : default;
        return known;
    }

    /// <summary><c>1KiB</c>, <c>64k</c>, <c>1MB</c>; a bare number is bytes.</summary>
    internal static bool TrySize(string text, out int bytes)
    {
        var known = TryRead(text, Sizes, 1, out var value) && value <= Array.MaxLength / 2;
        bytes = known ? (int)value : 0;
        return known;
    }

    /// <summary><c>5000</c>, <c>5k</c>, <c>5000/s</c>.</summary>
    internal static bool TryRate(string text, out double perSecond) => TryRead(text, Rates, 1, out perSecond) && perSecond > 0;

    /// <summary><c>200</c>, <c>10k</c>, <c>2m</c>.</summary>
    internal static bool TryCount(string text, out double count) => TryRead(text, Counts, 1, out count);

    private static bool TryRead(string text, (string Unit, double Factor)[] units, double bare, out double value)
    {
        // The longest unit that fits: `ms` before `s`.
        var (unit, factor) = units.OrderByDescending(static unit => unit.Unit.Length).FirstOrDefault(known => text.EndsWith(known.Unit, StringComparison.OrdinalIgnoreCase), (Unit: "", Factor: bare));
        var number = text[..^unit.Length].TrimEnd();
        var isNumber = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
        value *= factor;
        return isNumber;
    }
}
