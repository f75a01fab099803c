using System.Text.Json;
using PipeProxy.LoadTest.Compare;
using PipeProxy.LoadTest.Results;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

public sealed class CompareTests
{
    // Tables of Student's t, two-sided.
    [Theory]
    [InlineData(0.95, 1, 12.706)]
    [InlineData(0.95, 2, 4.303)]
    [InlineData(0.95, 4, 2.776)]
    [InlineData(0.95, 10, 2.228)]
    [InlineData(0.99, 5, 4.032)]
    [InlineData(0.95, 1000, 1.962)]
    public void StudentT_IsThatOfTheTables(double confidence, double degrees, double value) => Assert.Equal(value, StudentT.TwoSided(confidence, degrees), 3);

    [Fact]
    public void ClearDifference_IsToldWithItsBounds()
    {
        var interval = RatioInterval.Of([100, 102, 98, 101], [50, 51, 49, 50.5], paired: false);
        Assert.True(interval.Differs);
        Assert.Equal(0.5, interval.Ratio, 2);
        Assert.InRange(interval.Low, 0.47, 0.5);
        Assert.InRange(interval.High, 0.5, 0.53);
    }

    [Fact]
    public void DifferenceWithinTheNoise_IsNotTold()
    {
        var interval = RatioInterval.Of([100, 130, 80, 115], [105, 90, 125, 110], paired: false);
        Assert.True(interval.IsKnown);
        Assert.False(interval.Differs);
        Assert.InRange(1, interval.Low, interval.High);
    }

    [Fact]
    public void Pairs_TellWhatTheWeatherHidesOtherwise()
    {
        double[] baseline = [100, 200, 400, 800];
        double[] side = [110, 221, 439, 882];
        Assert.False(RatioInterval.Of(baseline, side, paired: false).Differs);
        Assert.True(RatioInterval.Of(baseline, side, paired: true).Differs);
    }

    [Theory]
    [InlineData(new[] { 1.0 }, new[] { 2.0, 3.0 })]
    [InlineData(new[] { 0.0, 0.0 }, new[] { 0.0, 0.0 })]
    [InlineData(new double[0], new[] { 1.0 })]
    public void TooLittle_TellsNothing(double[] baseline, double[] side) => Assert.False(RatioInterval.Of(baseline, side, paired: false).IsKnown);

    [Fact]
    public async Task Folders_AreComparedMetricByMetric()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10, 10.1, 9.9);
        Write(folder, "b", 20, 20.1, 19.9);
        var (exitCode, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("b")]);
        Assert.Equal(0, exitCode);
        Assert.Matches(@"rate\s+100/s\s+50/s\s+0\.5\d\d\s+0\.\d+ to 0\.\d+\s+worse", output);
        Assert.Matches(@"p99\s.*no difference", output);
        Assert.Matches(@"cpu proxy\s", output);
    }

    [Fact]
    public async Task LongFigures_StayApart()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 0.000001, 0.000001);
        Write(folder, "b", 0.000001, 0.000001);
        var (_, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("b")]);
        Assert.Matches(@"rate +1,000,000,000/s +1,000,000,000/s ", output);
    }

    [Fact]
    public async Task OneRunASide_SaysThatNothingCanBeTold()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10);
        Write(folder, "b", 20);
        var (exitCode, output, _) = await BenchCommandLineTests.RunAsync(["compare", "--a", folder.Combine("a", "0.json"), "--b", folder.Combine("b", "0.json")]);
        Assert.Equal(0, exitCode);
        Assert.Contains("nothing can be told", output, StringComparison.Ordinal);
        Assert.DoesNotMatch("better|worse", output);
    }

    [Fact]
    public async Task Json_HasRatioBoundsAndVerdict()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10, 10.1, 9.9);
        Write(folder, "b", 5, 5.1, 4.9);
        var (_, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("b"), "--paired", "-o", "json"]);
        using var document = JsonDocument.Parse(output);
        var rate = document.RootElement.GetProperty("sides")[0].GetProperty("metrics").EnumerateArray().Single(static metric => metric.GetProperty("metric").GetString() == "rate");
        Assert.Equal("better", rate.GetProperty("verdict").GetString());
        Assert.InRange(rate.GetProperty("ratio").GetDouble(), rate.GetProperty("low").GetDouble(), rate.GetProperty("high").GetDouble());
    }

    [Fact]
    public async Task RunsMadeDifferently_AreRemarkedOn()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10, 10);
        Write(folder, "b", 10, 10);
        var other = folder.Combine("b", "0.json");
        File.WriteAllText(other, File.ReadAllText(other).Replace("\"connections\": 64", "\"connections\": 65", StringComparison.Ordinal));
        var (_, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("b")]);
        Assert.Contains("they differ in connections", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"url\": \"http://127.0.0.1:8080/\"", "\"url\": \"http://127.0.0.1:8081/b\"", "The runs asked for different targets: A for http://127.0.0.1:8080/, B for http://127.0.0.1:8080/ and http://127.0.0.1:8081/b.")]
    [InlineData("\"weight\": 1", "\"weight\": 2", "The runs asked for different targets: A for http://127.0.0.1:8080/, B for http://127.0.0.1:8080/ and http://127.0.0.1:8080/=2.")]
    [InlineData("\"method\": \"GET\"", "\"method\": \"PUT\"", "they differ in method.")]
    [InlineData("\"interrupted\": false", "\"interrupted\": true", "1 run of B was ended early, by Ctrl-C or a signal.")]
    [InlineData("\"tool\": \"pipeproxy-bench\",", "\"tool\": \"pipeproxy-bench\", \"x\": 0, \"version\": \"0.0.1\", \"was\": {},", "The runs were made by different versions of pipeproxy-bench: ")]
    public async Task WhatElseDiffers_IsRemarkedOn(string what, string other, string remark)
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10, 10);
        Write(folder, "b", 10, 10);
        var file = folder.Combine("b", "0.json");
        var json = File.ReadAllText(file);
        json = what.Contains("tool", StringComparison.Ordinal) ? json.Replace("\"version\"", "\"theirs\"", StringComparison.Ordinal) : json;
        Assert.Contains(what, json, StringComparison.Ordinal);
        File.WriteAllText(file, json.Replace(what, other, StringComparison.Ordinal));
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("b")]);
        Assert.True(exitCode == 0, error);
        Assert.Contains(remark, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"latency\":", "no member 'latency'.")]
    [InlineData("\"p99.9\":", "no member 'latency.p99.9'.")]
    [InlineData("\"started\":", "no member 'started'.")]
    [InlineData("\"options\":", "no member 'options'.")]
    public async Task MissingMember_IsNamed(string member, string reason)
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10);
        var wrong = folder.Write("x.json", File.ReadAllText(folder.Combine("a", "0.json")).Replace(member, "\"other\":", StringComparison.Ordinal).Replace("\"connections\": {", "\"c\": {", StringComparison.Ordinal));
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), wrong]);
        Assert.Equal(1, exitCode);
        Assert.Equal($"error: '{wrong}' is no result of pipeproxy-bench --json: {reason}", error.TrimEnd());
    }

    [Fact]
    public async Task EmptyFileAndFileWithoutEnd_AreTold()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10);
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Write("x.json", "")]);
        Assert.Equal((1, $"error: '{folder.Combine("x.json")}' is no result of pipeproxy-bench --json: it is empty."), (exitCode, error.TrimEnd()));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads /dev/zero.");
        (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), "/dev/zero"]);
        Assert.Equal((1, "error: '/dev/zero' is larger than 256 MiB."), (exitCode, error.TrimEnd()));
    }

    [Fact]
    public async Task WhatIsNoResult_IsExit1AndNamed()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", 10);
        var wrong = folder.Write("x.json", "{\"tool\":\"wrk\"}");
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), wrong]);
        Assert.Equal(1, exitCode);
        Assert.Contains(wrong, error, StringComparison.Ordinal);
        Assert.Equal(1, (await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("none.json")])).ExitCode);
        Assert.Equal(2, (await BenchCommandLineTests.RunAsync(["compare", "--paired", folder.Combine("a"), $"{folder.Combine("a")},{folder.Combine("a")}"])).ExitCode);
    }

    // A run of 1000 requests in so many seconds.
    private static void Write(TemporaryDirectory folder, string side, params double[] seconds)
    {
        Directory.CreateDirectory(folder.Combine(side));
        for (var i = 0; i < seconds.Length; i++)
        {
            File.WriteAllText(folder.Combine(side, $"{i}.json"), JsonReport.Of(SampleResult.Make(seconds: seconds[i]) with { Started = DateTimeOffset.UnixEpoch.AddHours(i), Plan = SampleResult.Make().Plan }));
        }
    }
}
