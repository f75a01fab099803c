using PipeProxy.Comparison;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Bench;

public sealed class RoundsFileTests
{
    [Fact]
    public void Line_BecomesARound()
    {
        var round = RoundsFile.Parse("cpu\ttls-log\tnginx\t3\trequests=1000\tcpuSeconds=0.25\terrors=0");

        Assert.Equal(("cpu", "tls-log", "nginx", 3), (round.Section, round.Case, round.Proxy, round.Number));
        Assert.Equal((1000, 0.25), (round["requests"], round["cpuSeconds"]));
        Assert.Null(round.Lost);
        Assert.True(double.IsNaN(round["p99"]));
    }

    [Theory]
    [InlineData("requests=1000\terrors=2", "2 errors")]
    [InlineData("requests=0\terrors=0", "no request was answered")]
    [InlineData("lost=holding 0 of 10000: too many open files", "holding 0 of 10000: too many open files")]
    public void BadRound_IsLostAndSaysWhy(string fields, string reason) => Assert.Equal(reason, RoundsFile.Parse($"cpu\tplain\thaproxy\t0\t{fields}").Lost);

    [Theory]
    [InlineData("cpu\tplain\tnginx")]
    [InlineData("cpu\tplain\tnginx\tone\trequests=1")]
    [InlineData("cpu\tplain\tnginx\t1\trequests=many")]
    public void OtherLine_IsRefused(string line) => Assert.Throws<InvalidDataException>(() => RoundsFile.Parse(line));

    [Fact]
    public void LoadResult_IsTaken()
    {
        using TemporaryDirectory folder = new();
        string result = folder.Write("load.json", """
            {
              "requests": 20000, "rate": 19980.5, "errors": { "total": 0, "http": { "total": 0 }, "socket": { "total": 0 } },
              "latency": { "unit": "us", "min": 10, "p50": 900.5, "p99": 2100, "p99.9": 4000 },
              "watched": [ { "name": "pipeproxy", "pid": 17, "cpuSeconds": 0.41 } ]
            }
            """);

        var round = RoundsFile.Parse($"latency\tplain\tpipeproxy\t0\tload={result}");

        Assert.Null(round.Lost);
        Assert.Equal((20000, 19980.5, 0.41), (round["requests"], round["rate"], round["cpuSeconds"]));
        Assert.Equal((900.5, 2100, 4000), (round["p50"], round["p99"], round["p99.9"]));
    }

    [Theory]
    [InlineData("\"gone\": true, \"known\": false")]
    [InlineData("\"gone\": true, \"known\": true")]
    public void CpuOfAProcessThatEnded_IsNoValue(string end)
    {
        using TemporaryDirectory folder = new();
        string result = folder.Write("load.json", $$"""{ "requests": 5, "rate": 5, "errors": { "total": 0 }, "latency": { "p99": 7 }, "watched": [ { "name": "nginx", "pid": 17, "cpuSeconds": 0, {{end}} } ] }""");

        var round = RoundsFile.Parse($"cpu\tplain\tnginx\t0\tload={result}");

        Assert.Null(round.Lost);
        Assert.Equal(7, round["p99"]);
        Assert.True(double.IsNaN(round["cpuSeconds"]));
        Assert.Equal(0, Estimate.Of([round["cpuSeconds"] / round["requests"]]).Count);
    }

    [Fact]
    public void LoadResultWithErrors_IsLost()
    {
        using TemporaryDirectory folder = new();
        string result = folder.Write("load.json", """{ "requests": 5, "rate": 5, "errors": { "total": 3 }, "latency": {}, "watched": [] }""");

        Assert.Equal("3 errors", RoundsFile.Parse($"cpu\tplain\tnginx\t0\tload={result}").Lost);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    public void BrokenLoadResult_IsLost(string content)
    {
        using TemporaryDirectory folder = new();

        Assert.StartsWith("the load generator left no result", RoundsFile.Parse($"cpu\tplain\tnginx\t0\tload={folder.Write("load.json", content)}").Lost, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingLoadResult_IsLost() =>
        Assert.StartsWith("the load generator left no result", RoundsFile.Parse("cpu\tplain\tnginx\t0\tload=/nowhere/load.json").Lost, StringComparison.Ordinal);
}
