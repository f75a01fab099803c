using PipeProxy.Comparison;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Bench;

public sealed class TurnsFileTests
{
    private const string Head = "round,target,began,seconds,requests,errors,cpuSeconds,p50,p75,p90,p99,p99.9,stormSeconds,reason\r\n";

    [Fact]
    public void EveryTurn_IsARound()
    {
        using TemporaryDirectory folder = new();
        string csv = folder.Write("turns.csv", Head
            + "0,nginx,1000.000,0.1,2000,0,0.05,1,2,3,4,5,,\"\"\r\n"
            + "0,one route,1000.100,0.1,2000,3,0.04,1,2,3,4,5,,\"answers of 502, \"\"all\"\"\"\r\n"
            + "1,nginx,1000.200,0.1,0,0,,0,0,0,0,0,,\"\"\r\n");
        var rounds = RoundsFile.Read(folder.Write("rounds.tsv", $"cpu\ttls\tturns={csv}\ncpu\ttls\tyarp\t0\tlost=it did not start\n"));

        Assert.Equal([("nginx", 0, null), ("one route", 0, "answers of 502, \"all\""), ("nginx", 1, "no request was answered"), ("yarp", 0, "it did not start")], rounds.Select(static round => (round.Proxy, round.Number, round.Lost)));
        Assert.All(rounds, static round => Assert.Equal(("cpu", "tls"), (round.Section, round.Case)));
        Assert.Equal((2000, 20000, 0.05, 4, 5), (rounds[0]["requests"], rounds[0]["rate"], rounds[0]["cpuSeconds"], rounds[0]["p99"], rounds[0]["p99.9"]));
        Assert.True(double.IsNaN(rounds[2]["cpuSeconds"]));
    }

    [Fact]
    public void LoopLag_IsOfTheTenthsThatTheTurnTouches()
    {
        using TemporaryDirectory folder = new();
        string csv = folder.Write("turns.csv", Head + "0,pipeproxy,1000.050,0.2,9,0,,1,2,3,4,5,0.2,\"\"\r\n0,nginx,1000.050,0.2,9,0,,1,2,3,4,5,0.2,\"\"\r\n");

        // Each stands at its end: the first ends before the turn begins, the last begins after it has ended.
        string lag = folder.Write("lag.tsv", "1000.000 0.9\n1000.100 0.0001\n1000.200 0.0007\n1000.300 0.0002\n1000.400 0.8\n");
        var rounds = RoundsFile.Read(folder.Write("rounds.tsv", $"storm\tplain\tturns={csv}\tlag:pipeproxy={lag}\n"));

        Assert.Equal((200, 700), (Math.Round(rounds[0]["loopLag"], 3), Math.Round(rounds[0]["loopLagWorst"], 3)));
        Assert.True(double.IsNaN(rounds[1]["loopLag"]));
    }

    [Fact]
    public void LagThatNobodyWatched_IsLeftOut()
    {
        using TemporaryDirectory folder = new();
        string csv = folder.Write("turns.csv", Head + "0,pipeproxy,1000.050,0.2,9,0,,1,2,3,4,5,0.2,\"\"\r\n");

        Assert.True(double.IsNaN(Assert.Single(RoundsFile.Read(folder.Write("rounds.tsv", $"storm\tplain\tturns={csv}\tlag:pipeproxy=/nowhere/lag.tsv\n")))["loopLag"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("kind,t\r\n1,2\r\n")]
    [InlineData(Head + "0,nginx\r\n")]
    public void OtherFile_IsRefused(string content)
    {
        using TemporaryDirectory folder = new();
        string csv = folder.Write("turns.csv", content);

        Assert.Throws<InvalidDataException>(() => RoundsFile.Read(folder.Write("rounds.tsv", $"cpu\tplain\tturns={csv}\n")));
    }
}
