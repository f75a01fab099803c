using System.Globalization;
using System.Net;
using System.Text;

namespace PipeProxy.Comparison;

/// <summary>The report as one self-contained page: bars, tables and, by uPlot, the rounds one by one.</summary>
internal static class HtmlReport
{
    /// <summary>Writes the file.</summary>
    public static void Write(string file, ComparisonReport report) => File.WriteAllText(file, Page(report));

    internal static string Page(ComparisonReport report)
    {
        StringBuilder body = new();
        LinePlots plots = new();
        if (report.Facts["quick"] is { } quick)
        {
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"warning\">{Text(quick)}</p>\n");
        }

        AppendNavigation(body, report);
        AppendCards(body, report);
        foreach (var (section, cases) in report.Sections)
        {
            body.Append(CultureInfo.InvariantCulture, $"<section><h2 id=\"{section.Name}\">{Text(section.Title)}</h2>\n<p class=\"explanation\">{Text(section.Explanation)}</p>\n");
            foreach (var result in cases)
            {
                AppendCase(body, report, section, result, plots);
            }

            body.Append("</section>\n");
        }

        AppendRun(body, report);
        return Resource("report.html")
            .Replace("{{date}}", Text(report.Facts["date"] ?? ""), StringComparison.Ordinal)
            .Replace("{{job}}", Text(report.Facts["job"] ?? ""), StringComparison.Ordinal)
            .Replace("{{body}}", body.ToString(), StringComparison.Ordinal)
            .Replace("{{rounds}}", plots.Json(), StringComparison.Ordinal)
            .Replace("{{report.css}}", Resource("report.css"), StringComparison.Ordinal)
            .Replace("{{report.js}}", Resource("report.js"), StringComparison.Ordinal)
            .Replace("{{uplot.css}}", Resource("uPlot.min.css"), StringComparison.Ordinal)
            .Replace("{{uplot.js}}", Resource("uPlot.iife.min.js"), StringComparison.Ordinal);
    }

    private static void AppendNavigation(StringBuilder body, ComparisonReport report)
    {
        body.Append("<nav>");
        foreach (var (section, _) in report.Sections)
        {
            body.Append(CultureInfo.InvariantCulture, $"<a href=\"#{section.Name}\">{Text(section.Title)}</a>");
        }

        body.Append("<a href=\"#run\">This run</a></nav>\n");
    }

    // The bars that PipeProxy is held against: its ratio to the better of nginx and HAProxy.
    private static void AppendCards(StringBuilder body, ComparisonReport report)
    {
        body.Append("<div class=\"cards\">\n");
        foreach (var (section, cases) in report.Sections)
        {
            foreach (var result in cases.Where(static result => result.BestPeer is not null && result.ToBestPeer.Count > 0))
            {
                var ratio = result.ToBestPeer;
                var verdict = report.IsNoise(ratio) || ratio.Count < 2 ? "" : ratio.Median < 1 ? "better" : "worse";
                body.Append(CultureInfo.InvariantCulture, $"<div class=\"card\"><span class=\"what\">{Text(section.Compared!.Title)}, {Text(result.Title)}</span><b class=\"{verdict}\">{(report.IsNoise(ratio) && ratio.Count > 1 ? "~" : "")}{ratio.Median:0.00}</b><span class=\"interval\">of {Text(result.BestPeer!)}'s{(ratio.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"; {ratio.Low:0.00} to {ratio.High:0.00}") : "")}</span></div>\n");
            }
        }

        if (report.Floor is { } floor)
        {
            body.Append(CultureInfo.InvariantCulture, $"<div class=\"card\"><span class=\"what\">Smallest difference that this run can tell</span><b>{floor * 100:0.0} %</b><span class=\"interval\">nginx against itself</span></div>\n");
        }

        body.Append("</div>\n");
    }

    private static void AppendCase(StringBuilder body, ComparisonReport report, Section section, CaseResult result, LinePlots plots)
    {
        body.Append(CultureInfo.InvariantCulture, $"<h3>{Text(result.Title)}</h3>\n");
        var shown = section.Compared ?? section.Figures[0];
        body.Append(BarPlot.Draw(shown, [.. result.Proxies.Select(proxy => (proxy.Proxy, Estimate.Of(proxy.Good.Select(shown.Of))))]));
        AppendTable(body, report, section, result);
        if (plots.AddPercentiles(section, result) is { } percentiles)
        {
            body.Append(CultureInfo.InvariantCulture, $"<div class=\"plot\" data-plot=\"{percentiles}\"></div>\n");
        }

        if (plots.AddRounds(shown, result) is { } rounds)
        {
            body.Append(CultureInfo.InvariantCulture, $"<details><summary>Round by round</summary><div class=\"plot\" data-plot=\"{rounds}\"></div></details>\n");
        }
    }

    private static void AppendTable(StringBuilder body, ComparisonReport report, Section section, CaseResult result)
    {
        body.Append("<div class=\"scroll\"><table><thead><tr><th></th>");
        foreach (var figure in section.Figures)
        {
            body.Append(CultureInfo.InvariantCulture, $"<th>{Text(figure.Title)}</th>");
        }

        body.Append(section.Compared is null ? "" : $"<th>ratio to {Text(section.Base)}</th>").Append("<th>lost</th></tr></thead><tbody>\n");
        foreach (var (index, proxy) in result.Proxies.Index())
        {
            body.Append(CultureInfo.InvariantCulture, $"<tr><td><span class=\"dot\" style=\"background:var({ProxyColor.Of(proxy.Proxy, index)})\"></span>{Text(proxy.Proxy)}</td>");
            foreach (var (figure, estimate) in section.Figures.Zip(proxy.Figures))
            {
                AppendCell(body, figure.Show(estimate));
            }

            if (section.Compared is not null)
            {
                AppendCell(body, TextReport.ShowRatio(report, proxy.Ratio, proxy.Proxy == section.Base));
            }

            body.Append(CultureInfo.InvariantCulture, $"<td>{proxy.Lost.Count}/{proxy.Lost.Count + proxy.Good.Count}</td></tr>\n");
        }

        body.Append("</tbody></table></div>\n");
        foreach (var proxy in result.Proxies.Where(static proxy => proxy.Remark.Length > 0))
        {
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Text(proxy.Proxy)}: {Text(proxy.Remark)}</p>\n");
        }
    }

    // The interval is smaller than the number that it belongs to.
    private static void AppendCell(StringBuilder body, string text)
    {
        var bracket = text.IndexOf(" (", StringComparison.Ordinal);
        body.Append(bracket < 0 ? $"<td>{Text(text)}</td>" : $"<td>{Text(text[..bracket])} <span class=\"interval\">{Text(text[(bracket + 1)..])}</span></td>");
    }

    private static void AppendRun(StringBuilder body, ComparisonReport report)
    {
        body.Append("<section><h2 id=\"run\">This run</h2>\n<div class=\"scroll\"><table class=\"facts\"><tbody>\n");
        foreach (var (name, value) in report.Facts.Items)
        {
            body.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(name)}</td><td>{Text(value)}</td></tr>\n");
        }

        body.Append(CultureInfo.InvariantCulture, $"</tbody></table></div>\n<p>{Text(TextReport.Intervals(report))}</p>\n");
        body.Append(CultureInfo.InvariantCulture, $"<p>{Text(TextReport.LostSum(report))}</p>\n<ul>\n");
        foreach (var lost in report.Lost)
        {
            body.Append(CultureInfo.InvariantCulture, $"<li>{Text(lost.Text)}</li>\n");
        }

        body.Append("</ul>\n</section>\n<footer>Made by run-bench.sh. Plots by uPlot (MIT).</footer>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(HtmlReport).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The page's {name} is not built in."));
        return reader.ReadToEnd();
    }
}
