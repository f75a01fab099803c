using System.Text.Json;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>The comparison that a sceptic runs works from end to end. What it measured here is nobody's figure.</summary>
[Collection(MeasuringTests.Name)]
public sealed class RunBenchTests
{
    [Fact]
    public async Task QuickRun_WritesTableJsonAndPage()
    {
        foreach (string peer in (string[])["nginx", "haproxy", "openssl", "curl"])
        {
            Peers.Require(peer);
        }

        using TemporaryDirectory folder = new();
        await using var run = await TestProcess.RunAsync(
            "bash",
            [RepositoryRoot.Combine("run-bench.sh"), "--quick", "--no-build", "--only", "floor,storm,idle,slowloris", "--idle", "100", "--results", folder.Path],
            timeout: TimeSpan.FromMinutes(5));

        Assert.True(run.ExitCode == 0, run.Transcript);
        Assert.Contains("A/A: nginx against itself", run.Transcript, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder.Path, "*.json"))));
        Assert.Equal(["floor", "storm", "slowloris", "idle"], json.RootElement.GetProperty("sections").EnumerateArray().Select(static section => section.GetProperty("section").GetString()));
        Assert.Equal(
            ["200 slow clients", "calm", "haproxy", "nginx", "pipeproxy", "yarp"],
            json.RootElement.GetProperty("rounds").EnumerateArray().Select(static round => round.GetProperty("proxy").GetString()!).Where(static name => !name.Contains('+', StringComparison.Ordinal)).Distinct().Order());

        // Three rounds of each in what is under load; the loop lag of PipeProxy alone stands beside its storms.
        var storms = json.RootElement.GetProperty("rounds").EnumerateArray().Where(static round => round.GetProperty("section").GetString() == "storm").ToArray();
        Assert.Equal(["haproxy", "haproxy", "haproxy", "nginx", "nginx", "nginx", "pipeproxy", "pipeproxy", "pipeproxy"], storms.Select(static round => round.GetProperty("proxy").GetString()!).Order());
        Assert.All(storms, static round => Assert.Equal(round.GetProperty("proxy").GetString() == "pipeproxy", round.TryGetProperty("loopLagWorst", out _)));

        // On a machine with much else to do, turns may pass without an answer, and a schedule may not be kept; an error is another thing.
        Assert.All(
            json.RootElement.GetProperty("rounds").EnumerateArray(),
            static round => Assert.True(!round.TryGetProperty("lost", out var why) || why.GetString() is "no request was answered" || why.GetString()!.EndsWith("of the schedule found no free connection", StringComparison.Ordinal), round.ToString()));
        Assert.StartsWith("<!doctype html>", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder.Path, "*.html"))), StringComparison.Ordinal);
    }
}
