using System.Globalization;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary><c>pipeproxy-bench turns</c>: each target works in its own turns, and a turn that went wrong is named and not compared.</summary>
public sealed class LoadTestTurnsTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task Targets_AreComparedOverConnectionsThatStay()
    {
        await using var nginx = await NginxOrigin.StartPlainAsync();
        await using var other = await NginxOrigin.StartPlainAsync();
        using TemporaryDirectory folder = new();
        await using var run = await RunAsync(
            [$"a={nginx.Url}/a", $"b={other.Url}/b", "-c", "3", "--rounds", "4", "--turn", "20ms", "--warmup", "10ms", "--csv", folder.Combine("turns.csv"), .. Watched(("a", nginx), ("b", other))]);

        Assert.True(run.ExitCode == 0, run.Transcript);
        Assert.Contains("GET, 3 connections to each, closed loop, 4 turns of 20.0 ms each", run.Transcript, StringComparison.Ordinal);
        Assert.Matches(@"b .*0/4", run.Transcript);
        var turns = Csv(folder.Combine("turns.csv"));

        // In rotating order.
        Assert.Equal(["0a", "0b", "1b", "1a", "2a", "2b", "3b", "3a"], turns.Select(static turn => turn[0] + turn[1]));
        var asked = turns.Where(static turn => turn[1] == "b").Sum(static turn => int.Parse(turn[4], CultureInfo.InvariantCulture));
        Assert.True(asked > 0);
        var seen = 0;
        await other.Process.WaitForLineAsync(line => line.Contains("GET /b ", StringComparison.Ordinal) && ++seen == asked);
        Assert.InRange(other.Process.OutputLines.Where(static line => line.Contains("GET /b ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[0]).Distinct().Count(), 1, 3);
        Assert.DoesNotContain(other.Process.OutputLines, static line => line.Contains("GET /a ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TargetThatFails_LosesItsTurnsAndIsExit1()
    {
        await using var good = ByteOrigin.Answering(Answer);
        await using var bad = ByteOrigin.Answering("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        using TemporaryDirectory folder = new();
        await using var run = await RunAsync([$"good={good.Url}/", $"bad={bad.Url}/", "-c", "2", "--rounds", "3", "--turn", "20ms", "--csv", folder.Combine("turns.csv")]);

        Assert.True(run.ExitCode == 1, run.Transcript);
        Assert.Contains("error: no turn of bad was without an error.", run.Transcript, StringComparison.Ordinal);
        Assert.Contains("lost: 3 turns of bad: answers of 502", run.Transcript, StringComparison.Ordinal);
        Assert.Matches(@"good .*0/3", run.Transcript);
        Assert.All(Csv(folder.Combine("turns.csv")), static turn => Assert.Equal(turn[1] == "bad" ? "\"answers of 502\"" : "\"\"", turn[^1]));
    }

    [Fact]
    public async Task TargetThatIsNotThere_LosesItsTurns()
    {
        await using var good = ByteOrigin.Answering(Answer);
        await using var run = await RunAsync([$"good={good.Url}/", $"gone=http://127.0.0.1:{FreePorts.Next()}/", "-c", "2", "--rounds", "2", "--turn", "20ms"]);

        Assert.True(run.ExitCode == 1, run.Transcript);
        Assert.Matches("lost: 2 turns of gone: .*connection refused", run.Transcript);
    }

    [Fact]
    public async Task Schedule_SendsWhatWasDueWhenTheTurnEnded()
    {
        // One connection, and answers that are held back, on purpose, for longer than the turn: what was due waits for them, and nothing is lost.
        await using var origin = ByteOrigin.Start(async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(60));
                await connection.WriteAsync(Answer);
            }
        });
        using TemporaryDirectory folder = new();
        await using var run = await RunAsync([$"a={origin.Url}/", $"b={origin.Url}/", "-c", "1", "--rate", "100", "--rounds", "1", "--turn", "50ms", "--csv", folder.Combine("turns.csv")]);

        Assert.True(run.ExitCode == 0, run.Transcript);
        Assert.All(Csv(folder.Combine("turns.csv")), static turn => Assert.True(int.Parse(turn[4], CultureInfo.InvariantCulture) >= 4, string.Join(',', turn)));
    }

    [Fact]
    public async Task Storm_ComesOnceInEveryTurn()
    {
        await using var nginx = await NginxOrigin.StartPlainAsync();
        using TemporaryDirectory folder = new();
        await using var run = await RunAsync(
            [$"a={nginx.Url}/calm", $"b={nginx.Url}/calm", "-c", "4", "--rate", "2000", "--rounds", "2", "--turn", "20ms", "--storm", "40", "--storm-path", "/storm", "--csv", folder.Combine("turns.csv")]);

        Assert.True(run.ExitCode == 0, run.Transcript);
        Assert.Contains("a storm of 40 requests at once for /storm", run.Transcript, StringComparison.Ordinal);
        var seen = 0;
        await nginx.Process.WaitForLineAsync(line => line.Contains("GET /storm ", StringComparison.Ordinal) && ++seen == 160);
        Assert.Equal(160, nginx.Process.OutputLines.Count(static line => line.Contains("GET /storm ", StringComparison.Ordinal)));
        Assert.All(Csv(folder.Combine("turns.csv")), static turn => Assert.True(double.Parse(turn[^2], CultureInfo.InvariantCulture) > 0));
    }

    private static IEnumerable<string> Watched(params (string Name, NginxOrigin Origin)[] targets)
        => OperatingSystem.IsLinux() ? targets.SelectMany(static target => new[] { "--watch-pid", $"{target.Origin.Process.Id}={target.Name}" }) : [];

    private static string[][] Csv(string file) => [.. File.ReadLines(file).Skip(1).Select(static line => line.Split(','))];

    private static Task<TestProcess> RunAsync(string[] arguments) => TestProcess.RunAsync(LoadTestBinary.Path, ["turns", .. arguments], timeout: TimeSpan.FromSeconds(60));
}
