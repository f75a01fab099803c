using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The load generator leaves no request out because it was slow, and counts none that it was not asked for.</summary>
public sealed class LoadTestAccountTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task StallUntilBehindTheEnd_CountsForEveryRequestThatFellIntoIt()
    {
        // 30 are due within 300 ms, and the first two hold both connections until that time is over.
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await over.Task;
                await connection.WriteAsync(Answer);
            }
        });
        await using var process = TestProcess.Start(LoadTestBinary.Path, [origin.Url + "/", "-c", "2", "--rate", "100", "-d", "300ms", "--output", "json"]);
        await process.WaitForLineAsync("0.3 s");
        over.SetResult();
        using var run = LoadTestRun.Of(process, await process.WaitForExitAsync());
        Assert.Equal((0, 30, 30, 0), (run.ExitCode, run.Whole("requests"), run.Whole("late"), run.Whole("unsent")));
        Assert.Equal((0.3, 0), (run.Json.GetProperty("seconds").GetDouble(), run.Json.GetProperty("rate").GetDouble()));

        // The first was due 300 ms before the end, the one in the middle 150 ms.
        Assert.True(run.Json.GetProperty("latency").GetProperty("max").GetDouble() > 290_000);
        Assert.True(run.Json.GetProperty("latency").GetProperty("p50").GetDouble() > 140_000);
        Assert.Equal([0, 30], run.Json.GetProperty("intervals").EnumerateArray().Select(static slot => slot.GetProperty("requests").GetInt32()));
    }

    [Fact]
    public async Task WhatWasDueInTheWarmUp_IsNotMeasured()
    {
        // Ten times as many are due as one connection gets answered.
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await Task.Delay(10);
                await connection.WriteAsync(Answer);
            }
        });
        using var run = await LoadTestRun.RunAsync(origin.Url + "/", "-c", "1", "--rate", "1000", "--warmup", "300ms", "-d", "100ms", "--timeout", "200ms");
        Assert.InRange(run.Whole("requests") + run.Whole("errors", "total") + run.Whole("unsent"), 99, 101);
    }

    [Fact]
    public async Task AnswersBehindTheEndOfAShortRun_DoNotCount()
    {
        await using var origin = ByteOrigin.Answering(Answer);
        using var run = await LoadTestRun.RunAsync(origin.Url + "/", "-c", "64", "-d", "20ms");
        Assert.Equal(run.Whole("requests") == 0 ? 1 : 0, run.ExitCode);
        Assert.InRange(run.Json.GetProperty("latency").GetProperty("max").GetDouble(), 0, 20_100);
        Assert.Equal(run.Whole("requests") * Answer.Length, run.Whole("bytes"));
    }

    [Fact]
    public async Task RequestThatNeverGetsAnAnswer_IsToldAndCanFailTheRun()
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                if (connection.Number == 0)
                {
                    await connection.StallAsync();
                }

                await connection.WriteAsync(Answer);
            }
        });
        using var run = await LoadTestRun.RunAsync(origin.Url + "/", "-c", "2", "-d", "200ms", "--fail-if", "waiting>150ms");
        Assert.Equal((3, 0), (run.ExitCode, run.Whole("errors", "total")));
        Assert.Equal("failed: waiting>150ms, waiting is 200 ms", run.Error.Split('\n')[^1]);
        Assert.InRange(run.Whole("waiting", "requests"), 1, 2);

        await using var text = await TestProcess.RunAsync(LoadTestBinary.Path, [origin.Url + "/", "-c", "1", "-d", "50ms"]);
        Assert.Contains(text.OutputLines, static line => line.Contains("waiting      1 request had no answer at the end after 50.0 ms", StringComparison.Ordinal) || line.Contains("200:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnswerThatComesAfterItsTimeout_IsAnError()
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await Task.Delay(150);
                await connection.WriteAsync(Answer);
            }
        });
        using var run = await LoadTestRun.RunAsync(origin.Url + "/", "-c", "1", "-n", "2", "--timeout", "50ms");
        Assert.Equal((1, 0, 2), (run.ExitCode, run.Whole("requests"), run.Whole("errors", "socket", "timeout")));
    }
}
