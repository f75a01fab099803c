using System.Text.Json;
using System.Text.RegularExpressions;
using HdrHistogram;
using HdrHistogram.Utilities;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.Tests.LoadTest;

public sealed class ReportTests
{
    [Fact]
    public void Json_HasTheNamesOfTheContract()
    {
        using var document = JsonDocument.Parse(JsonReport.Of(SampleResult.Make()));
        var run = document.RootElement;
        Assert.Equal("pipeproxy-bench", run.GetProperty("tool").GetString());
        Assert.Equal("2026-11-26T12:00:00.000Z", run.GetProperty("started").GetString());
        Assert.Equal((10.0, 1000, 100.0, 123_456), (run.GetProperty("seconds").GetDouble(), run.GetProperty("requests").GetInt64(), run.GetProperty("rate").GetDouble(), run.GetProperty("bytes").GetInt64()));

        var errors = run.GetProperty("errors");
        Assert.Equal((12, 10, 2), (Whole(errors, "total"), Whole(errors.GetProperty("http"), "total"), Whole(errors.GetProperty("socket"), "total")));
        Assert.Equal((10, 10, 0), (Whole(errors.GetProperty("http"), "4xx"), Whole(errors.GetProperty("http").GetProperty("statuses"), "404"), Whole(errors.GetProperty("http"), "malformed")));
        Assert.Equal(["total", "connect", "tls", "read", "write", "timeout"], errors.GetProperty("socket").EnumerateObject().Select(static kind => kind.Name));

        var latency = run.GetProperty("latency");
        Assert.Equal(["unit", "min", "mean", "stdev", "max", "p50", "p75", "p90", "p99", "p99.9", "p99.99", "p99.999"], latency.EnumerateObject().Select(static figure => figure.Name));
        Assert.Equal("us", latency.GetProperty("unit").GetString());
        Assert.InRange(latency.GetProperty("p50").GetDouble(), 500_000, 500_600);
        Assert.InRange(latency.GetProperty("max").GetDouble(), 1_000_000, 1_001_000);

        Assert.Equal(["t", "seconds", "requests", "rate", "p50", "p99", "max", "errors"], run.GetProperty("intervals")[0].EnumerateObject().Select(static figure => figure.Name));
        var watched = run.GetProperty("watched")[0];
        Assert.Equal(("proxy", 42, 2.0, 2000.0, 5_000_000), (watched.GetProperty("name").GetString(), Whole(watched, "pid"), watched.GetProperty("cpuSeconds").GetDouble(), watched.GetProperty("cpuPerRequestMicros").GetDouble(), Whole(watched, "rssPeakBytes")));
        Assert.Equal("closed", run.GetProperty("options").GetProperty("loop").GetString());
    }

    [Fact]
    public void Json_HoldsTheWholeHistogram()
    {
        using var document = JsonDocument.Parse(JsonReport.Of(SampleResult.Make()));
        var bytes = document.RootElement.GetProperty("histogram").GetProperty("hdr").GetBytesFromBase64();
        var histogram = HistogramEncoding.DecodeFromCompressedByteBuffer(ByteBuffer.Allocate(bytes), 0);
        Assert.Equal(1000, histogram.TotalCount);
        Assert.InRange(histogram.GetValueAtPercentile(99), 989_000_000, 991_000_000);
    }

    [Fact]
    public void FieldValues_AreInNoReport()
    {
        var result = SampleResult.Make();
        var json = JsonReport.Of(result);
        Assert.Contains("Authorization", json, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", json + TextReport.Of(result) + CsvReport.Of(result), StringComparison.Ordinal);
    }

    [Fact]
    public void Html_AsksTheNetworkForNothing()
    {
        var page = HtmlReport.Of(JsonReport.Of(SampleResult.Make()));
        Assert.Empty(Regex.Matches(page, @"<(link|img|iframe|object|embed|base|audio|video|source)\b", RegexOptions.IgnoreCase));
        Assert.Empty(Regex.Matches(page, @"<[^>]*\b(src|href|action|data|poster)\s*=", RegexOptions.IgnoreCase));
        Assert.Empty(Regex.Matches(page, @"@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|\bimport\(|importScripts", RegexOptions.IgnoreCase));
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.Contains("var uPlot=", page, StringComparison.Ordinal);
        Assert.Contains("Permission is hereby granted, free of charge", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Html_HoldsTheResultAndNoTextEndsItsScript()
    {
        var page = HtmlReport.Of(JsonReport.Of(SampleResult.Make("http://127.0.0.1/?a=</script><script>alert(1)</script>")));
        var data = Regex.Match(page, @"<script id=""data"" type=""application/json"">(?<json>.*?)</script>", RegexOptions.Singleline).Groups["json"].Value;
        using var document = JsonDocument.Parse(data);
        Assert.Equal(1000, Whole(document.RootElement, "requests"));
        Assert.Equal(3, Regex.Count(page, "<script"));
        Assert.Equal(3, Regex.Count(page, "</script>"));
    }

    [Fact]
    public void Csv_IsATableWithATotal()
    {
        var rows = CsvReport.Of(SampleResult.Make()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(static row => row.Split(',')).ToArray();
        Assert.Equal(["kind", "interval", "total"], rows.Select(static row => row[0]));
        Assert.All(rows, row => Assert.Equal(rows[0].Length, row.Length));
        Assert.Equal("1000", rows[2][Array.IndexOf(rows[0], "requests")]);
        Assert.Equal("100", rows[2][Array.IndexOf(rows[0], "rate")]);
    }

    [Fact]
    public void Text_NamesEveryReason()
    {
        var text = TextReport.Of(SampleResult.Make());
        Assert.Contains("1,000 in 10.0 s, 100 per second", text, StringComparison.Ordinal);
        Assert.Contains("200: 990, 404: 10", text, StringComparison.Ordinal);
        Assert.Contains("2 timeout: no answer in time", text, StringComparison.Ordinal);
        Assert.Contains("proxy (42) 2.00 s", text, StringComparison.Ordinal);
    }

    private static long Whole(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
