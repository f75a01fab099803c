using System.Globalization;

namespace PipeProxy.Configuration;

/// <summary>Sizes as people write them: bytes as a plain number, or <c>16KiB</c>, <c>1MiB</c>, <c>2GiB</c>.</summary>
internal static class SizeText
{
    internal const string Expected = "must be a size such as 16384, \"16KiB\" or \"1MiB\"";

    internal static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? text.Length : digits;
        if (digits == 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        // Decimal kilobytes are left out: "16KB" means 16000 to half of its readers and 16384 to the rest.
        var shift = text[digits..] switch
        {
            "" or "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => -1,
        };
        if (shift < 0 || number > long.MaxValue >> shift)
        {
            return false;
        }

        bytes = number << shift;
        return true;
    }

    /// <summary>The shortest way to write <paramref name="bytes"/>.</summary>
    internal static string Format(long bytes)
    {
        var (number, unit) = bytes switch
        {
            _ when bytes > 0 && bytes % (1 << 30) == 0 => (bytes >> 30, "GiB"),
            _ when bytes > 0 && bytes % (1 << 20) == 0 => (bytes >> 20, "MiB"),
            _ when bytes > 0 && bytes % (1 << 10) == 0 => (bytes >> 10, "KiB"),
            _ => (bytes, bytes == 1 ? " byte" : " bytes"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }
}
