using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>The report as aligned text.</summary>
internal static class TextReport
{
    private const int Width = 110;

    /// <summary>Writes facts, tables and lost rounds.</summary>
    public static void Write(TextWriter output, ComparisonReport report)
    {
        foreach (var (name, value) in report.Facts.Items)
        {
            output.WriteLine($"{name,-10} {value}");
        }

        foreach (var (section, cases) in report.Sections)
        {
            output.WriteLine();
            output.WriteLine(section.Title);
            WriteWrapped(output, section.Explanation);
            foreach (var result in cases)
            {
                output.WriteLine();
                WriteCase(output, report, section, result);
            }

            if (section.Name == "floor" && report.Floor is { } floor)
            {
                output.WriteLine();
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  The smallest difference that this run can tell: {floor * 100:0.0} %."));
            }
        }

        output.WriteLine();
        output.WriteLine(Intervals(report));
        WriteLost(output, report);
    }

    /// <summary>What the numbers in brackets are.</summary>
    public static string Intervals(ComparisonReport report)
    {
        var rounds = report.Sections.SelectMany(static section => section.Cases).SelectMany(static result => result.Proxies).Select(static proxy => proxy.Good.Count).DefaultIfEmpty(0).Max();
        var most = Estimate.Of(Enumerable.Range(0, rounds).Select(static value => (double)value));
        return rounds < 2
            ? "Medians; one round gives no interval."
            : string.Create(CultureInfo.InvariantCulture, $"Medians with intervals of order statistics in brackets ({most.Coverage * 100:0.0} % sure at {rounds} rounds{(most.Coverage < Estimate.Wanted ? "; 95 % need 6" : "")}). Ratios are taken within a round. ~ is a difference that this run cannot tell.");
    }

    /// <summary>How many rounds were lost.</summary>
    public static string LostSum(ComparisonReport report) => report.Lost.Count == 0
        ? $"No round of {report.Rounds.Count} was lost."
        : $"Lost, {report.Lost.Sum(static lost => lost.Rounds.Count)} of {report.Rounds.Count} rounds:";

    private static void WriteCase(TextWriter output, ComparisonReport report, Section section, CaseResult result)
    {
        var compared = section.Compared is not null;
        List<string[]> rows = [[result.Title, .. section.Figures.Select(static figure => figure.Title), .. compared ? [$"ratio to {section.Base}"] : Array.Empty<string>(), "lost"]];
        foreach (var proxy in result.Proxies)
        {
            rows.Add(
            [
                proxy.Proxy,
                .. section.Figures.Zip(proxy.Figures, static (figure, estimate) => figure.Show(estimate)),
                .. compared ? [ShowRatio(report, proxy.Ratio, proxy.Proxy == section.Base)] : Array.Empty<string>(),
                string.Create(CultureInfo.InvariantCulture, $"{proxy.Lost.Count}/{proxy.Lost.Count + proxy.Good.Count}"),
            ]);
        }

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (var row in rows)
        {
            output.WriteLine("  " + string.Join("  ", row.Select((text, column) => column == 0 ? text.PadRight(widths[0]) : text.PadLeft(widths[column]))));
        }

        foreach (var proxy in result.Proxies.Where(static proxy => proxy.Remark.Length > 0))
        {
            output.WriteLine($"    {proxy.Proxy}: {proxy.Remark}");
        }

        if (result.BestPeer is not null && result.ToBestPeer.Count > 0)
        {
            output.WriteLine($"  {section.Base} / {result.BestPeer}, the better of nginx and HAProxy: {ShowRatio(report, result.ToBestPeer, isBase: false)}");
        }
    }

    /// <summary>A ratio with its interval; marked when it is noise.</summary>
    public static string ShowRatio(ComparisonReport report, Estimate ratio, bool isBase) => ratio.Count switch
    {
        0 => "-",
        _ when isBase => "1.00",
        1 => string.Create(CultureInfo.InvariantCulture, $"{ratio.Median:0.00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(report.IsNoise(ratio) ? "~" : "")}{ratio.Median:0.00} ({ratio.Low:0.00} to {ratio.High:0.00})"),
    };

    private static void WriteLost(TextWriter output, ComparisonReport report)
    {
        output.WriteLine(LostSum(report));
        foreach (var lost in report.Lost)
        {
            output.WriteLine($"  {lost.Text}");
        }
    }

    private static void WriteWrapped(TextWriter output, string text)
    {
        var line = " ";
        foreach (var word in text.Split(' '))
        {
            if (line.Length + word.Length >= Width)
            {
                output.WriteLine(line);
                line = " ";
            }

            line += " " + word;
        }

        output.WriteLine(line);
    }
}
