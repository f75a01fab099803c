using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Turns;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.Tests.LoadTest;

public sealed class TurnTests
{
    [Theory]
    [InlineData("nginx=http://127.0.0.1:8080/", "nginx", "http://127.0.0.1:8080/")]
    [InlineData("--loops 1=https://h/a?b=c", "--loops 1", "https://h/a?b=c")]
    [InlineData("nginx+again=http://h", "nginx+again", "http://h/")]
    public void Target_IsANameAndAUrl(string text, string name, string url)
    {
        Assert.True(TurnTarget.TryParse(text, out var target, out _));
        Assert.Equal((name, url), (target.Name, target.Target.Url.AbsoluteUri));
        Assert.Null(target.Process);
    }

    [Theory]
    [InlineData("")]
    [InlineData("=http://h/")]
    [InlineData("http://h/")]
    [InlineData("http://h/?a=b")]
    [InlineData("a,b=http://h/")]
    [InlineData("a\"=http://h/")]
    [InlineData("a\e[1m=http://h/")]
    [InlineData("a=h/")]
    [InlineData("a=")]
    public void OtherText_IsRefusedWithAReason(string text)
    {
        Assert.False(TurnTarget.TryParse(text, out _, out var wrong));
        Assert.NotEmpty(wrong);
    }

    [Fact]
    public void Storm_AsksTheSamePlaceForItsPath()
    {
        Assert.True(Target.TryParse("http://h:81/a?b", out var target, out _));
        Assert.Equal("http://h:81/close", new Storm(500, "/close").At(target).Url.AbsoluteUri);
        Assert.Equal(target, new Storm(500, null).At(target));
    }

    [Fact]
    public void Ratio_IsTakenWithinRoundsThatBothDidWell()
    {
        // Every other round is twice as slow; the last one of "new" failed and would halve the ratio.
        TurnResult[] results =
        [
            .. Enumerable.Range(0, 6).Select(static round => Turn(round, "old", cpuMicros: round % 2 == 0 ? 20 : 40)),
            .. Enumerable.Range(0, 5).Select(static round => Turn(round, "new", cpuMicros: round % 2 == 0 ? 15 : 30)),
            Turn(5, "new", cpuMicros: 1, errors: 3, reason: "connection \u001b[31mreset"),
        ];
        var text = TurnReport.Text(Plan(watched: true), results);
        Assert.Contains("GET, 64 connections to each, closed loop, 6 turns of 100 ms each", text, StringComparison.Ordinal);
        Assert.Matches(@"old +30\.0 us +1 +1,000 +.* 0/6", text);
        Assert.Matches(@"new +15\.0 us +0\.750 +0\.750 to 0\.750 +1,000 +.* 1/6", text);
        Assert.Contains("lost: 1 turn of new: connection ?[31mreset", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutProcesses_TimePerRequestIsCompared()
    {
        var text = TurnReport.Text(Plan(watched: false), [Turn(0, "old", requests: 100), Turn(1, "old", requests: 100), Turn(0, "new", requests: 200), Turn(1, "new", requests: 200)]);
        Assert.Matches(@" time/request +ratio", text);
        Assert.Matches(@"old +1\.00 ms +1 ", text);
        Assert.Matches(@"new +500 us +0\.500 +0\.500 to 0\.500", text);
    }

    [Fact]
    public void TargetWithoutAGoodTurn_HasNoFigures()
    {
        var text = TurnReport.Text(Plan(watched: true), [Turn(0, "old"), Turn(0, "new", requests: 0)]);
        Assert.Matches(@"new +- +- +- +- +- +1/1", text);
        Assert.Contains("lost: 1 turn of new: no request was answered", text, StringComparison.Ordinal);
    }

    [Fact]
    public void InAStorm_The99thPercentileIsCompared()
    {
        var plan = Plan(watched: true) with { Storm = new Storm(500, "/close"), Rounds = 1 };
        var text = TurnReport.Text(plan, [Turn(0, "old", latencyMs: 10) with { StormSeconds = 0.5 }, Turn(0, "new", latencyMs: 5) with { StormSeconds = 0.25 }]);
        Assert.Contains("a storm of 500 requests at once for /close", text, StringComparison.Ordinal);
        Assert.Matches(@"old +500 ms +1 ", text);
        Assert.Matches(@"new +250 ms +0\.500", text);
    }

    [Fact]
    public void Csv_HoldsEveryTurn()
    {
        var csv = TurnReport.Csv([Turn(7, "old", cpuMicros: 20, latencyMs: 1), Turn(8, "new", cpuMicros: double.NaN, errors: 2, reason: "a \"b\", c\n") with { StormSeconds = 0.5 }]);
        var rows = csv.Split("\r\n");
        Assert.Equal("round,target,began,seconds,requests,errors,cpuSeconds,p50,p75,p90,p99,p99.9,stormSeconds,reason", rows[0]);
        Assert.Matches(@"^7,old,1795694400\.000,0\.1,100,0,0\.002,(100\d(\.\d+)?,){5},""""$", rows[1]);
        Assert.EndsWith(",0.5,\"a \"\"b\"\", c?\"", rows[2], StringComparison.Ordinal);
        Assert.StartsWith("8,new,1795694400.000,0.1,100,2,,", rows[2], StringComparison.Ordinal);
        Assert.Equal("", rows[3]);
    }

    [Fact]
    public void ProcessClock_CountsWhatIsComputedAndNotWhatIsWaited()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It is Linux's clock.");
        Assert.True(ProcessClock.TryRead(Environment.ProcessId, out var before));
        var own = Environment.CpuUsage.TotalTime;
        while (Environment.CpuUsage.TotalTime - own < TimeSpan.FromMilliseconds(50))
        {
            Thread.SpinWait(1000);
        }

        Assert.True(ProcessClock.TryRead(Environment.ProcessId, out var after));

        // The runtime reads the same two times from a source that counts in steps.
        Assert.True(after - before >= TimeSpan.FromMilliseconds(30), $"{after - before}");
        Assert.False(ProcessClock.TryRead(4194999, out _));
    }

    private static TurnPlan Plan(bool watched)
    {
        TurnTarget[] targets = [.. new[] { "old=http://a/", "new=http://b/" }.Select(text => TurnTarget.TryParse(text, out var target, out _) ? target with { Process = watched ? Process(target.Name) : null } : throw new InvalidOperationException(text))];
        return new TurnPlan { Targets = targets, Rounds = 6, Load = new LoadPlan { Targets = [.. targets.Select(static target => target.Target)], Request = new RequestTemplate { Method = "GET" } } };
    }

    private static WatchedProcess Process(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are watched on Linux.");
        return WatchedProcess.TryParse($"{Environment.ProcessId}={name}", out var process, out _) ? process : throw new InvalidOperationException(name);
    }

    private static TurnResult Turn(int round, string target, double cpuMicros = 20, long requests = 100, long errors = 0, int latencyMs = 1, string? reason = null)
    {
        Tally tally = new();
        tally.Answered(200, latencyMs * Clock.Millisecond);
        return new TurnResult(round, target, new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero), 0.1, requests, errors, cpuMicros * requests / 1e6, LatencySummary.Of(tally.Latency), reason);
    }
}
