using System.Text.Json;
using PipeProxy.Comparison;

namespace PipeProxy.Tests.Bench;

public sealed class ComparisonReportTests
{
    private static readonly RunFacts Facts = RunFacts.Parse(["date\t2026-11-26", "job\t64 clients <script>"]);

    [Fact]
    public void Ratio_IsTakenWithinARound()
    {
        // The machine is twice as slow in every other round; beside each other both see the same.
        var report = Report([.. Rounds("cpu", "pipeproxy", [20, 40, 20, 40, 20, 40]), .. Rounds("cpu", "nginx", [25, 50, 25, 50, 25, 50])]);

        var nginx = report.Sections.Single().Cases.Single().Proxies[1];

        Assert.Equal((1.25, 1.25, 1.25), (Rounded(nginx.Ratio.Median), Rounded(nginx.Ratio.Low), Rounded(nginx.Ratio.High)));
        Assert.Equal(37.5, Rounded(nginx.Figures[0].Median));
    }

    [Fact]
    public void RoundThatOneLost_IsLeftOutForBoth()
    {
        var report = Report([.. Rounds("cpu", "pipeproxy", [20, 20, 20]), .. Rounds("cpu", "nginx", [30, 30]), new Round("cpu", "plain", "nginx", 2, Values(1), "3 errors")]);

        var nginx = report.Sections.Single().Cases.Single().Proxies[1];

        Assert.Equal((1.5, 2, 1), (Rounded(nginx.Ratio.Median), nginx.Ratio.Count, nginx.Lost.Count));
        Assert.Equal(["cpu, plain, nginx, round 3 of 3: 3 errors"], report.Lost.Select(static lost => lost.Text));
    }

    [Fact]
    public void Bar_IsTheBetterOfNginxAndHaproxy()
    {
        var report = Report([.. Rounds("cpu", "pipeproxy", [18, 18]), .. Rounds("cpu", "nginx", [25, 25]), .. Rounds("cpu", "haproxy", [20, 20]), .. Rounds("cpu", "yarp", [10, 10])]);

        var result = report.Sections.Single().Cases.Single();

        Assert.Equal(("haproxy", 0.9), (result.BestPeer, Rounded(result.ToBestPeer.Median)));
    }

    [Fact]
    public void SmallestDifference_IsTheFurtherEndOfNginxAgainstItself()
    {
        var report = Report([.. Rounds("floor", "nginx", [20, 20, 20]), .. Rounds("floor", "nginx+again", [19, 20, 22])]);

        Assert.Equal(0.1, Rounded(report.Floor!.Value));
        Assert.True(report.IsNoise(new Estimate(1.08, 1.05, 1.09, 0.96, 9)));
        Assert.True(report.IsNoise(new Estimate(1.2, 0.9, 1.3, 0.96, 9)));
        Assert.False(report.IsNoise(new Estimate(1.2, 1.1, 1.3, 0.96, 9)));
    }

    [Fact]
    public void Text_NamesLostRoundsAndTheBar()
    {
        using StringWriter text = new();
        TextReport.Write(text, Report([.. Rounds("cpu", "pipeproxy", [20, 20]), .. Rounds("cpu", "nginx", [25, 25]), new Round("cpu", "plain", "nginx", 2, Values(1), "3 errors")]));

        Assert.Contains("pipeproxy / nginx, the better of nginx and HAProxy: 0.80", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("cpu, plain, nginx, round 3 of 3: 3 errors", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void SectionWithoutAGoodRound_IsNamed()
    {
        var report = Report([.. Rounds("cpu", "pipeproxy", [20]), new Round("cpu", "plain", "nginx", 0, Values(1), "gone"), new Round("latency", "plain", "nginx", 0, Values(1), "gone")]);

        Assert.Equal(["latency", "idle"], report.WithoutGoodRound(["cpu", "latency", "idle"]));
    }

    [Fact]
    public void RoundsLostForOneReason_AreOneLine()
    {
        var report = Report([.. Enumerable.Range(0, 9).Select(static number => new Round("cpu", "tls", "yarp", number, Values(1), number == 2 ? null : "answers of 502"))]);

        Assert.Equal("cpu, tls, yarp, rounds 1, 2, 4, 5, 6 and 3 more of 9: answers of 502", Assert.Single(report.Lost).Text);
        Assert.Equal("Lost, 8 of 9 rounds:", TextReport.LostSum(report));
    }

    [Fact]
    public void Json_HoldsEstimatesAndEveryRound()
    {
        using MemoryStream stream = new();
        JsonReport.Write(stream, Report([.. Rounds("cpu", "pipeproxy", [20, 20]), new Round("cpu", "plain", "yarp", 0, Values(1), "gone")]), default);

        using var json = JsonDocument.Parse(stream.ToArray());
        var proxies = json.RootElement.GetProperty("sections")[0].GetProperty("cases")[0].GetProperty("proxies");

        Assert.Equal(20, proxies[0].GetProperty("cpuMicrosecondsPerRequest").GetProperty("median").GetDouble(), 6);
        Assert.Equal(JsonValueKind.Null, proxies[1].GetProperty("cpuMicrosecondsPerRequest").GetProperty("median").ValueKind);
        Assert.Equal((3, "gone"), (json.RootElement.GetProperty("rounds").GetArrayLength(), json.RootElement.GetProperty("rounds")[2].GetProperty("lost").GetString()));
    }

    [Fact]
    public void Page_IsSelfContainedAndTrustsNoText()
    {
        string page = HtmlReport.Page(Report([.. Rounds("cpu", "pipeproxy", [20, 21, 22]), .. Rounds("cpu", "<b>", [20, 21, 22]), .. Rounds("latency", "pipeproxy", [20])]));

        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>:", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;", page, StringComparison.Ordinal);
        Assert.Contains("64 clients &lt;script&gt;", page, StringComparison.Ordinal);
        Assert.Contains("uPlot", page, StringComparison.Ordinal);
    }

    [Fact]
    public void PageMarksNoise_AndSaysThatAQuickRunMeansNothing()
    {
        IReadOnlyList<Round> rounds = [.. Rounds("cpu", "pipeproxy", [20, 26, 22]), .. Rounds("cpu", "nginx", [21, 23, 24])];

        Assert.Contains("<b class=\"\">~0.95</b>", HtmlReport.Page(Report(rounds)), StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"warning\"", HtmlReport.Page(Report(rounds)), StringComparison.Ordinal);
        Assert.Contains("<p class=\"warning\">three rounds of all: its figures mean nothing</p>\n<nav>", HtmlReport.Page(new(RunFacts.Parse(["quick\tthree rounds of all: its figures mean nothing"]), rounds)), StringComparison.Ordinal);
    }

    [Fact]
    public void EverySection_HasItsOwnName() => Assert.Equal(Sections.All.Count, Sections.All.Select(static section => section.Name).Distinct().Count());

    private static ComparisonReport Report(IReadOnlyList<Round> rounds) => new(Facts, rounds);

    private static IEnumerable<Round> Rounds(string section, string proxy, double[] cpuMicroseconds) =>
        cpuMicroseconds.Select((cpu, number) => new Round(section, "plain", proxy, number, Values(cpu)));

    private static Dictionary<string, double> Values(double cpuMicroseconds) =>
        new() { ["requests"] = 1000, ["rate"] = 1000, ["cpuSeconds"] = cpuMicroseconds * 1000 / 1e6, ["p99"] = cpuMicroseconds };

    private static double Rounded(double value) => Math.Round(value, 6);
}
