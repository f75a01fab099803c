using PipeProxy.Simulation;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Simulation;

/// <summary>The identity at the origin is always the route's, in the network in memory; and a proxy in which that is not so is caught.</summary>
public sealed class IsolationPropertyTests
{
    private const int Requests = 4000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Seed_BreaksNoPromise(ulong seed)
    {
        var result = SimulationRun.Run(seed, Requests);

        Assert.True(result.Violation is null, $"Seed {seed}, {Requests} requests: {result.Violation}");
        Assert.Equal(Requests, result.Requests);
    }

    [Fact]
    public void Seed_PlaysTheSameAgain()
    {
        var first = SimulationRun.Run(4, Requests);

        Assert.Equal(first, SimulationRun.Run(4, Requests));
        Assert.NotEqual(first.Trace, SimulationRun.Run(5, Requests).Trace);
    }

    [Fact]
    public async Task Seed_PlaysTheSameInAnotherProcess() // which hashes strings otherwise
    {
        const ulong Seed = 67;
        await using var process = await TestProcess.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "PipeProxy.Simulation.dll"), "replay", $"{Seed}"], timeout: TimeSpan.FromMinutes(2));

        Assert.StartsWith($"seed {Seed}, trace {SimulationRun.Run(Seed, 20_000).Trace:x16}: ", process.OutputLines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Mistake.KeyWithoutIdentity)]
    [InlineData(Mistake.KeyWithNameOnly)]
    [InlineData(Mistake.BindingKept)]
    [InlineData(Mistake.GenerationIgnored)]
    internal void PlantedMistake_IsCaughtAndPlaysTheSameAgain(Mistake mistake)
    {
        const ulong Seed = 1;
        var caught = SimulationRun.Run(Seed, Requests, mistake);

        Assert.NotNull(caught.Violation);
        Assert.Equal(Played(caught), Played(SimulationRun.Run(Seed, Requests, mistake)));
        Assert.Null(SimulationRun.Run(Seed, Requests).Violation);
    }

    // An exception's stack depends on which methods the runtime has inlined by then.
    private static SimulationResult Played(SimulationResult result) => result with { Violation = result.Violation!.Split('\n')[0] };
}
