using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PipeProxy.LoadTest.Progress;

/// <summary>What a terminal shows of a run: as much as its width takes without breaking a line.</summary>
internal static class ProgressView
{
    /// <summary>As many rates as are ever drawn.</summary>
    internal const int MostBars = 48;

    private const string Heights = "▁▂▃▄▅▆▇█";
    private const int WholeTable = 84;
    private const int SmallTable = 56;
    private const int Lines = 32;

    /// <param name="title">How far the run is.</param>
    /// <param name="interval">The last one.</param>
    /// <param name="total">All so far.</param>
    /// <param name="rates">Of the last intervals, oldest first; one or more.</param>
    /// <param name="width">The terminal's columns.</param>
    internal static IRenderable Of(string title, IntervalResult interval, Tally total, IReadOnlyCollection<double> rates, int width)
    {
        var all = LatencySummary.Of(total.Latency);
        var rate = total.Requests / interval.At;
        return width switch
        {
            >= WholeTable => new Rows(
                Table(title, ["", "per second", "p50", "p90", "p99", "p99.9", "max", "errors"],
                    ["now", Text.Rate(interval.Rate), Text.Microseconds(interval.P50), "", Text.Microseconds(interval.P99), "", Text.Microseconds(interval.Max), Text.Count(interval.Errors)],
                    ["all", Text.Rate(rate), Text.Microseconds(all.At(50)), Text.Microseconds(all.At(90)), Text.Microseconds(all.At(99)), Text.Microseconds(all.At(99.9)), Text.Microseconds(all.Max), Text.Count(total.Errors)]),
                new Markup($"  [blue]{Sparkline(rates, width - 44)}[/]  [grey]requests per second, up to {Text.Rate(rates.Max())}[/]")),
            >= SmallTable => new Rows(
                Table(title, ["", "per second", "p50", "p99", "errors"],
                    ["now", Text.Rate(interval.Rate), Text.Microseconds(interval.P50), Text.Microseconds(interval.P99), Text.Count(interval.Errors)],
                    ["all", Text.Rate(rate), Text.Microseconds(all.At(50)), Text.Microseconds(all.At(99)), Text.Count(total.Errors)]),
                new Markup($"  [blue]{Sparkline(rates, width - 4)}[/]")),
            >= Lines => new Rows(
                new Markup($"[grey]{Markup.Escape(title)}[/], {Errors(total.Errors)}"),
                new Markup($"now [bold]{Text.Rate(interval.Rate)}/s[/], p99 {Text.Microseconds(interval.P99)}"),
                new Markup($"all [bold]{Text.Rate(rate)}/s[/], p99 {Text.Microseconds(all.At(99))}"),
                new Markup($"[blue]{Sparkline(rates, width - 2)}[/]")),
            _ => new Rows(
                new Markup($"[grey]{Markup.Escape(title)}[/]"),
                new Markup($"[bold]{Text.Rate(interval.Rate)}/s[/]"),
                new Markup($"p99 {Text.Microseconds(interval.P99)}"),
                new Markup(Errors(total.Errors))),
        };
    }

    private static Table Table(string title, string[] columns, string[] now, string[] all)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey).Title(Markup.Escape(title));
        foreach (var (index, column) in columns.Index())
        {
            table.AddColumn(index == 0 ? new TableColumn(column) : new TableColumn(column).RightAligned());
        }

        return table.AddRow(Cells(now)).AddRow(Cells(all));
    }

    // Name, rate, times, errors.
    private static IEnumerable<IRenderable> Cells(string[] texts)
        => texts.Index().Select(cell => new Markup(cell.Index switch
        {
            0 => $"[grey]{cell.Item}[/]",
            1 => $"[bold]{cell.Item}[/]",
            _ when cell.Index == texts.Length - 1 && cell.Item != "0" => $"[red]{cell.Item}[/]",
            _ => cell.Item,
        }));

    private static string Errors(long count) => count == 0 ? "no errors" : $"[red]{Text.Plural(count, "error")}[/]";

    private static string Sparkline(IReadOnlyCollection<double> rates, int width)
    {
        var top = Math.Max(rates.Max(), 1);
        return string.Concat(rates.TakeLast(Math.Clamp(width, 1, MostBars)).Select(rate => Heights[Math.Min(Heights.Length - 1, (int)(rate / top * (Heights.Length - 1) + 0.5))]));
    }
}
