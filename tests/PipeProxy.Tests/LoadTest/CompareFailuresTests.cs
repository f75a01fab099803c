using System.Text.Json;
using PipeProxy.LoadTest.Compare;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

/// <summary>What <c>compare</c> says of sides that failed, or that were asked otherwise.</summary>
public sealed class CompareFailuresTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SideWhoseRequestsAllFailed_IsWorseAndNotFaster(bool paired)
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", Run(seconds: 10, status: 200), Run(10.1, 200), Run(9.9, 200));
        Write(folder, "b", Run(seconds: 1, status: 502), Run(1.01, 502), Run(0.99, 502));
        var (exitCode, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("b"), .. paired ? (string[])["--paired"] : []]);
        Assert.Equal(0, exitCode);
        Assert.Matches(@"error-rate\s+0 %\s+100 %\s+-\s+-\s+worse", output);
        Assert.Matches(@"rate\s+100/s\s.*nothing can be told", output);
        Assert.DoesNotContain("better", output, StringComparison.Ordinal);
        Assert.Contains("Every request of a run of B failed", output, StringComparison.Ordinal);

        var (_, back, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("b"), folder.Combine("a")]);
        Assert.Matches(@"error-rate\s+100 %\s+0 %\s+-\s+-\s+better", back);
        Assert.Contains("Every request of a run of A failed", back, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneRunThatFailed_IsRemarkedOn()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", Run(10, 200));
        Write(folder, "b", Run(1, 502));
        var (_, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("b")]);
        Assert.Contains("Every request of a run of B failed", output, StringComparison.Ordinal);
        Assert.Matches(@"error-rate\s.*nothing can be told", output);
    }

    [Fact]
    public async Task SidesWithoutErrors_AreEqual()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", Run(10, 200), Run(10, 200));
        var (_, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("a")]);
        Assert.Matches(@"error-rate\s+0 %\s+0 %\s+-\s+-\s+equal", output);
        Assert.DoesNotContain("failed", output, StringComparison.Ordinal);
    }

    [Fact]
    public void ErrorRatesThatHaveNoRatio_AreJudgedByTheirDifference()
    {
        Assert.True(DifferenceInterval.Of([0, 0, 0], [0.010, 0.012, 0.011], paired: false).Differs);
        Assert.False(DifferenceInterval.Of([0, 0, 0], [0, 0, 0.01], paired: false).Differs);
        Assert.False(DifferenceInterval.Of([0], [1], paired: false).IsKnown);
        Assert.False(DifferenceInterval.Of([0, 0], [double.NaN, 1], paired: false).IsKnown);
    }

    [Fact]
    public async Task TlsOptionsThatDiffer_AreRemarkedOn()
    {
        using TemporaryDirectory folder = new();
        var plain = Run(10, 200);
        Write(folder, "a", plain, plain);
        foreach (var (name, tls) in new (string, TlsSettings)[]
        {
            ("resume", new() { Resume = true }),
            ("serverName", new() { ServerName = "other" }),
            ("trustedRoots", new() { TrustedRoots = [TestCertificates.Server.Certificate] }),
        })
        {
            var other = plain with { Plan = plain.Plan with { Tls = tls } };
            Write(folder, name, other, other);
            var (_, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine(name)]);
            Assert.Contains($"they differ in {name}.", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OptionThatAnOlderRunLacks_IsNoDifference()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", Run(10, 200), Run(10, 200));
        var old = folder.Combine("a", "0.json");
        File.WriteAllText(old, File.ReadAllText(old).Replace("\"resume\": false,", "", StringComparison.Ordinal));
        Assert.DoesNotContain("they differ", (await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("a")])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FigureThatIsNoNumber_IsNull()
    {
        using TemporaryDirectory folder = new();
        Write(folder, "a", Run(10, 200));
        var file = folder.Combine("a", "0.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"rate\": 100,", "\"rate\": 1e999,", StringComparison.Ordinal));
        var (exitCode, output, _) = await BenchCommandLineTests.RunAsync(["compare", folder.Combine("a"), folder.Combine("a"), "-o", "json"]);
        Assert.Equal(0, exitCode);
        using var document = JsonDocument.Parse(output);
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("sides")[0].GetProperty("metrics")[0].GetProperty("value").ValueKind);
    }

    private static LoadResult Run(double seconds, int status)
    {
        Tally total = new();
        for (var i = 0; i < (status == 200 ? 1000 : 100); i++)
        {
            total.Answered(status, Clock.Millisecond);
        }

        return SampleResult.Make() with { Seconds = seconds, Total = total };
    }

    private static void Write(TemporaryDirectory folder, string side, params LoadResult[] runs)
    {
        foreach (var (index, run) in runs.Index())
        {
            folder.Write(Path.Combine(side, $"{index}.json"), JsonReport.Of(run with { Started = DateTimeOffset.UnixEpoch.AddHours(index) }));
        }
    }
}
