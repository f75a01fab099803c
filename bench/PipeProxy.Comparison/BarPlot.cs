using System.Globalization;
using System.Net;
using System.Text;

namespace PipeProxy.Comparison;

/// <summary>A horizontal bar per proxy with its interval, as SVG.</summary>
internal static class BarPlot
{
    private const int Width = 1040;
    private const int NameWidth = 130;
    private const int ValueWidth = 170;
    private const int RowHeight = 30;
    private const int AxisHeight = 24;

    /// <summary>Draws a figure of all proxies; nothing when none has it.</summary>
    public static string Draw(Figure figure, IReadOnlyList<(string Proxy, Estimate Value)> bars)
    {
        var most = bars.Where(static bar => bar.Value.Count > 0).Select(static bar => bar.Value.High).DefaultIfEmpty(0).Max();
        if (most <= 0)
        {
            return "";
        }

        var step = StepOf(most);
        var scale = (Width - NameWidth - ValueWidth) / (Math.Ceiling(most / step) * step);
        var height = (bars.Count * RowHeight) + AxisHeight;
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"bars\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(figure.Title)}\">");
        for (var tick = 0; tick * step <= most + step; tick++)
        {
            var x = NameWidth + (tick * step * scale);
            if (x > Width - ValueWidth + 1)
            {
                break;
            }

            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"0\" y2=\"{height - AxisHeight}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" x=\"{x:0.#}\" y=\"{height - 8}\" text-anchor=\"middle\">{tick * step:0.###}</text>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" x=\"{Width - ValueWidth + 24}\" y=\"{height - 8}\">{WebUtility.HtmlEncode(figure.Title)}</text>");
        foreach (var (index, (proxy, value)) in bars.Index())
        {
            DrawBar(svg, figure, proxy, value, index, scale);
        }

        return svg.Append("</svg>").ToString();
    }

    private static void DrawBar(StringBuilder svg, Figure figure, string proxy, Estimate value, int index, double scale)
    {
        var middle = (index * RowHeight) + (RowHeight / 2);
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{NameWidth - 10}\" y=\"{middle + 4}\" text-anchor=\"end\">{WebUtility.HtmlEncode(proxy)}</text>");
        if (value.Count == 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"axis\" x=\"{NameWidth + 8}\" y=\"{middle + 4}\">no round</text>");
            return;
        }

        var end = NameWidth + (value.Median * scale);
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{NameWidth}\" y=\"{middle - 9}\" width=\"{Math.Max(1, value.Median * scale):0.#}\" height=\"18\" rx=\"3\" fill=\"var({ProxyColor.Of(proxy, index)})\"/>");
        if (value.Count > 1)
        {
            var (low, high) = (NameWidth + (value.Low * scale), NameWidth + (value.High * scale));
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"whisker\" fill=\"none\" d=\"M{low:0.#} {middle}H{high:0.#}M{low:0.#} {middle - 5}v10M{high:0.#} {middle - 5}v10\"/>");
            end = high;
        }

        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{end + 10:0.#}\" y=\"{middle + 4}\">{figure.Show(value.Median)}</text>");
    }

    // 1, 2 or 5 times a power of ten, about five of them.
    private static double StepOf(double most)
    {
        var raw = most / 5;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        return (raw / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
    }
}
