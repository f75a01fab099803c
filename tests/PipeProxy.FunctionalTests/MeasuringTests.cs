namespace PipeProxy.FunctionalTests;

/// <summary>Tests that measure the process or load the machine: they run when no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuringTests
{
    public const string Name = "measuring";
}
