using System.Globalization;

namespace PipeProxy.LoadTest;

/// <summary>Numbers as people read them: three or four digits and a unit.</summary>
internal static class Text
{
    internal static string Microseconds(double value) => Math.Abs(value) switch
    {
        < 1000 => Digits(value, "us"),
        < 1_000_000 => Digits(value / 1000, "ms"),
        _ => Digits(value / 1_000_000, "s"),
    };

    internal static string Duration(double seconds) => Microseconds(seconds * 1_000_000);

    internal static string Bytes(double value) => value switch
    {
        < 1024 => Invariant($"{value:0} B"),
        < 1024 * 1024 => Digits(value / 1024, "KiB"),
        < 1024L * 1024 * 1024 => Digits(value / (1024 * 1024), "MiB"),
        _ => Digits(value / (1024L * 1024 * 1024), "GiB"),
    };

    internal static string Count(long value) => Invariant($"{value:N0}");

    internal static string Rate(double value) => Invariant($"{(value < 100 ? Math.Round(value, 2) : Math.Round(value)):#,0.##}");

    internal static string Percent(double fraction) => Invariant($"{fraction * 100:0.###} %");

    internal static string Plural(long count, string noun) => Invariant($"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    internal static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What an origin sent, a certificate's name for one, must not steer the terminal.</summary>
    internal static string Printable(string text) => string.Concat(text.Select(static c => char.IsControl(c) ? '?' : c));

    private static string Digits(double value, string unit) => Math.Abs(value) switch
    {
        < 10 => Invariant($"{value:0.00} {unit}"),
        < 100 => Invariant($"{value:0.0} {unit}"),
        _ => Invariant($"{value:0} {unit}"),
    };
}
