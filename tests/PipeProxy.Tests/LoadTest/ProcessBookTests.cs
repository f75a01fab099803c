using PipeProxy.LoadTest;
using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Watch;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

public sealed class ProcessBookTests
{
    [Fact]
    public void DescendantThatEnds_KeepsWhatItUsed()
    {
        ProcessBook book = new();
        book.Begin([Sample(1, cpu: 10), Sample(2, cpu: 500)]);
        Assert.Equal(TimeSpan.Zero, book.Cpu);
        book.Note([Sample(1, cpu: 11), Sample(2, cpu: 507)]);
        book.Note([Sample(1, cpu: 13)]);
        Assert.Equal(TimeSpan.FromSeconds(10), book.Cpu);
    }

    [Fact]
    public void DescendantThatBegins_CountsWhole()
    {
        ProcessBook book = new();
        book.Begin([Sample(1, cpu: 10)]);
        book.Note([Sample(1, cpu: 10), Sample(2, cpu: 3)]);
        Assert.Equal(TimeSpan.FromSeconds(3), book.Cpu);
    }

    [Fact]
    public void PidThatIsAnothers_IsAnAccountOfItsOwn()
    {
        ProcessBook book = new();
        book.Begin([Sample(1, cpu: 10), Sample(2, cpu: 500)]);
        book.Note([Sample(1, cpu: 10), Sample(2, cpu: 1, began: 7)]);
        Assert.Equal(TimeSpan.FromSeconds(1), book.Cpu);
    }

    [Fact]
    public void WhatWasUsedBefore_IsForgottenWhenMeasuringBeginsAgain()
    {
        ProcessBook book = new();
        book.Begin([Sample(1, cpu: 10)]);
        book.Note([Sample(1, cpu: 12)]);
        book.Begin([Sample(1, cpu: 12)]);
        Assert.Equal(TimeSpan.Zero, book.Cpu);
    }

    [Fact]
    public async Task DescendantThatEndsMeanwhile_DoesNotMakeCpuNegative()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads Linux's /proc.");

        // The subshell costs some CPU, and ends when it is told to; the shell waits for it.
        await using var shell = TestProcess.Start("/bin/sh", ["-c", "(i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; echo worked; read x); echo ended; read y"]);
        await shell.WaitForLineAsync("worked");
        Assert.True(WatchedProcess.TryParse($"{shell.Id}=shell", out var watched, out _));
        watched.Begin();
        await shell.Input.WriteLineAsync("go");
        await shell.Input.FlushAsync(TestContext.Current.CancellationToken);
        await shell.WaitForLineAsync("ended");
        watched.End();
        Assert.True(watched.Usage.Cpu >= TimeSpan.Zero, watched.Usage.ToString());
        Assert.True(watched.Usage is { IsKnown: true, IsGone: false });
    }

    [Fact]
    public async Task ProcessThatEndedBefore_IsUnknownAndNoConditionPasses()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads Linux's /proc.");
        WatchedProcess? watched;
        await using (var cat = TestProcess.Start("cat", []))
        {
            Assert.True(WatchedProcess.TryParse($"{cat.Id}=cat", out watched, out _));
        }

        watched.Begin();
        watched.End();
        Assert.True(watched.Usage is { IsKnown: false, IsGone: true });
        var result = SampleResult.Make() with { Watched = [watched.Usage] };
        Assert.True(Condition("cpu>1s").Holds(result, out var measured));
        Assert.Contains("ended before measuring began", measured, StringComparison.Ordinal);
        Assert.Contains("nothing is known of it", TextReport.Of(result), StringComparison.Ordinal);
        Assert.Contains("\"known\": false", JsonReport.Of(result), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu>1s", true)]
    [InlineData("cpu:gone>1s", true)]
    [InlineData("cpu:proxy>1s", false)]
    [InlineData("p99>10s", false)]
    public void ProcessThatEndedMeanwhile_FailsTheConditionsOnIt(string condition, bool holds)
    {
        var result = SampleResult.Make();
        result = result with { Watched = [.. result.Watched, new ProcessUsage("gone", 43, TimeSpan.FromSeconds(1), 1, 1, IsGone: true)] };
        Assert.Equal(holds, Condition(condition).Holds(result, out _));
    }

    private static FailCondition Condition(string text) => FailCondition.TryParse(text, out var condition, out var wrong) ? condition : throw new ArgumentException(wrong);

    private static ProcessSample Sample(int pid, int cpu, long began = 1) => new(pid, began, TimeSpan.FromSeconds(cpu), 1000, HasEnded: false);
}
