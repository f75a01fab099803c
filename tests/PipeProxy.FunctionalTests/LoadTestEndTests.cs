using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>However a run of the load generator ends, its figures are of the time and of the requests that they say.</summary>
public sealed class LoadTestEndTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("-t", "2")]
    [InlineData("--rate", "500")]
    public async Task ShortIntervals_AddUpToExactlyTheDuration(params string[] options)
    {
        await using var origin = ByteOrigin.Answering(Answer);
        using var run = await LoadTestRun.RunAsync([origin.Url + "/", "-c", "4", "-d", "300ms", "--interval", "10ms", .. options]);
        Assert.Equal((0, 0.3), (run.ExitCode, run.Json.GetProperty("seconds").GetDouble()));
        Assert.Equal(run.Whole("requests"), run.Sum("requests"));

        // Answers that come behind the end of a schedule have an interval behind it.
        var behind = run.Json.GetProperty("intervals").EnumerateArray().Where(static slot => slot.GetProperty("t").GetDouble() > 0.3).Sum(static slot => slot.GetProperty("seconds").GetDouble());
        Assert.Equal(0.3, run.Sum("seconds") - behind, 0.001);
        Assert.All(run.Json.GetProperty("intervals").EnumerateArray(), static slot => Assert.True(slot.GetProperty("seconds").GetDouble() > 0));
    }

    [Theory]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", 0)]
    [InlineData("HTTP/1.1 408 Request Timeout\r\nConnection: ", 1)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 1)]
    public async Task Answer408OnAnIdleConnection_IsNoErrorAndOthersAre(string unasked, int malformed)
    {
        // The request goes to the first of two connections, and is answered when the tool has given the idle one up.
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            if (connection.Number == 0)
            {
                await connection.ReadHeadAsync();
                asked.SetResult();
                await over.Task;
                await connection.WriteAsync(Answer);
                return;
            }

            await asked.Task;
            await connection.WriteAsync(unasked);
            connection.ShutdownSend();
            try
            {
                await connection.TryReadHeadAsync();
            }
            finally
            {
                over.TrySetResult();
            }
        });
        using var run = await LoadTestRun.RunAsync(origin.Url + "/", "-c", "2", "-n", "1");
        Assert.Equal((malformed, 1, malformed), (run.ExitCode, run.Whole("requests"), run.Whole("errors", "http", "malformed")));
        Assert.Equal(malformed, run.Whole("errors", "total"));
    }

    [Fact]
    public async Task Answer408BehindAnAnswer_IsNoErrorEither()
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Answer + "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });
        using var run = await LoadTestRun.RunAsync(origin.Url + "/", "-c", "1", "-n", "2");
        Assert.Equal((0, 2, 0), (run.ExitCode, run.Whole("requests"), run.Whole("errors", "total")));
        Assert.Equal(2, origin.Connections.Count);
    }

    [Theory]
    [InlineData("URL", "-c", "210")]
    [InlineData("turns", "a=URL", "b=URL", "-c", "60")]
    [InlineData("turns", "a=URL", "b=URL", "-c", "1", "--storm", "60")]
    public async Task MoreConnectionsThanDescriptors_AreRefusedBeforeOneIsMade(params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads Linux's limits.");
        await using var origin = ByteOrigin.Answering(Answer);
        await using var process = await TestProcess.RunAsync(
            "/bin/sh", ["-c", "ulimit -n 200 && exec \"$0\" \"$@\"", LoadTestBinary.Path, .. arguments.Select(argument => argument.Replace("URL", origin.Url + "/", StringComparison.Ordinal))], timeout: TimeSpan.FromSeconds(60));
        Assert.Equal(1, process.ExitCode);
        Assert.Matches(@"^error: the system's limit of 200 open descriptors \(ulimit -n\) is reached: \d+ connections need \d+ or more\.$", Assert.Single(process.ErrorLines));
        Assert.Empty(origin.Connections);
    }

    [Fact]
    public async Task DescriptorsThatRunOut_AreConnectErrors()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "prlimit is Linux's");
        string prlimit = Peers.Require("prlimit");
        await using var origin = ByteOrigin.Answering(Answer);
        await using var process = TestProcess.Start(LoadTestBinary.Path, [origin.Url + "/", "-c", "210", "-d", "10m", "--requests-per-connection", "1", "--interval", "50ms", "--output", "json"]);

        // By then what the process needs itself is open.
        for (var i = 0; i < 3; i++)
        {
            await process.WaitForLineAsync("[1-9][0-9,]*/s  p50", after: process.Mark);
        }

        await using var lowered = await TestProcess.RunAsync(prlimit, ["--pid", $"{process.Id}", "--nofile=200:200"]);
        Assert.Equal(0, lowered.ExitCode);
        await process.WaitForLineAsync(static line => line.Contains("/s  p50", StringComparison.Ordinal) && !line.EndsWith("errors 0", StringComparison.Ordinal));
        process.Signal(ProcessSignal.Interrupt);
        using var run = LoadTestRun.Of(process, await process.WaitForExitAsync());
        Assert.Equal(0, run.ExitCode);
        Assert.True(run.Whole("errors", "socket", "connect") > 0);
        Assert.Equal("the system's limit of 200 open descriptors (ulimit -n) is reached", run.Json.GetProperty("errors").GetProperty("reasons")[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("3")]
    [InlineData("3", "--rate", "2000")]
    [InlineData("5", "-t", "2")]
    public async Task RequestsBehindAWarmUpWithMoreConnections_AreNoMoreThanAskedFor(string requests, params string[] options)
    {
        await using var origin = ByteOrigin.Answering(Answer);
        using var run = await LoadTestRun.RunAsync([origin.Url + "/", "-c", "16", "-n", requests, "--warmup", "100ms", .. options]);
        Assert.Equal((0, requests, 0), (run.ExitCode, $"{run.Whole("requests")}", run.Whole("errors", "total")));
    }

    [Theory]
    [InlineData("--warmup", "50ms")]
    [InlineData("--rate", "1000")]
    public async Task AnswersAndErrors_AreAsManyAsAskedFor(params string[] options)
    {
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            await connection.WriteAsync(Answer);
            await connection.ReadHeadAsync();
            connection.Reset();
        });
        using var run = await LoadTestRun.RunAsync([origin.Url + "/", "-c", "3", "-n", "40", .. options]);
        Assert.Equal(0, run.ExitCode);
        Assert.True(run.Whole("errors", "total") > 0);
        Assert.Equal(40, run.Whole("requests") + run.Whole("errors", "total"));
    }

    [Fact]
    public async Task CtrlCDuringTheWarmUp_IsNoResult()
    {
        await using var origin = ByteOrigin.Answering(Answer);
        await using var process = TestProcess.Start(LoadTestBinary.Path, [origin.Url + "/", "-c", "2", "--warmup", "10m", "--output", "json"]);
        await process.WaitForLineAsync("warming up");
        process.Signal(ProcessSignal.Interrupt);
        using var run = LoadTestRun.Of(process, await process.WaitForExitAsync());
        Assert.Equal((1, false), (run.ExitCode, run.HasResult));
        Assert.EndsWith("error: interrupted before anything was measured.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProcessSignal.HangUp)]
    [InlineData(ProcessSignal.Quit)]
    [InlineData(ProcessSignal.Terminate)]
    public async Task OtherSignalsThatEnd_LeaveTheResultToo(ProcessSignal signal)
    {
        await using var origin = ByteOrigin.Answering(Answer);
        await using var process = TestProcess.Start(LoadTestBinary.Path, [origin.Url + "/", "-c", "2", "-d", "10m", "--interval", "50ms", "--output", "json"]);
        await process.WaitForLineAsync("/s  p50");
        process.Signal(signal);
        using var run = LoadTestRun.Of(process, await process.WaitForExitAsync());
        Assert.Equal((0, true), (run.ExitCode, run.Json.GetProperty("interrupted").GetBoolean()));
    }

    [Fact]
    public async Task HangUpThatIsIgnored_StaysIgnored()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It is what nohup does.");
        await using var origin = ByteOrigin.Answering(Answer);
        await using var process = TestProcess.Start("/bin/sh", ["-c", "trap '' HUP && exec \"$0\" \"$@\"", LoadTestBinary.Path, origin.Url + "/", "-c", "2", "-d", "1s", "--interval", "50ms", "--output", "json"]);
        await process.WaitForLineAsync("/s  p50");
        process.Signal(ProcessSignal.HangUp);
        using var run = LoadTestRun.Of(process, await process.WaitForExitAsync());
        Assert.Equal((0, false), (run.ExitCode, run.Json.GetProperty("interrupted").GetBoolean()));
    }

    [Fact]
    public async Task BodyFromStandardInput_IsSent()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It needs a shell.");
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            var head = await connection.ReadHeadAsync();
            await connection.WriteAsync(head.Contains("Content-Length: 5\r\n", StringComparison.Ordinal) ? Answer : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        });
        await using var process = await TestProcess.RunAsync("/bin/sh", ["-c", "printf hello | exec \"$0\" \"$@\"", LoadTestBinary.Path, origin.Url + "/", "-c", "1", "-n", "1", "--body-file", "-", "--output", "json"], timeout: TimeSpan.FromSeconds(60));
        using var run = LoadTestRun.Of(process, process.ExitCode);
        Assert.Equal((0, 1, 0), (run.ExitCode, run.Whole("requests"), run.Whole("errors", "total")));
    }

    [Fact]
    public async Task CtrlCWhileAScheduleWaitsForAnswers_CountsWhatWasDue()
    {
        // Five are due within the second; the origin sees all of them and answers none.
        using SemaphoreSlim asked = new(0);
        await using var origin = ByteOrigin.Start(async connection =>
        {
            await connection.ReadHeadAsync();
            asked.Release();
            await connection.StallAsync();
        });
        await using var process = TestProcess.Start(LoadTestBinary.Path, [origin.Url + "/", "-c", "20", "--rate", "5", "-d", "1s", "--timeout", "10m", "--output", "json"]);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        }

        process.Signal(ProcessSignal.Interrupt);
        using var run = LoadTestRun.Of(process, await process.WaitForExitAsync());
        Assert.True(run.Json.GetProperty("interrupted").GetBoolean());
        Assert.Equal((1, 0, 5, 0), (run.ExitCode, run.Whole("requests"), run.Whole("errors", "socket", "timeout"), run.Whole("unsent")));
    }
}
