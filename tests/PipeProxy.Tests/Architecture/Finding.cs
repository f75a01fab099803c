namespace PipeProxy.Tests.Architecture;

/// <summary>What a rule objects to.</summary>
internal static class Finding
{
    /// <summary>Fails with every finding on a line of its own; xunit's own collection asserts cut them short.</summary>
    internal static void None<T>(IEnumerable<T> findings)
    {
        List<T> all = [.. findings];
        Assert.True(all.Count == 0, $"{all.Count} found:\n{string.Join('\n', all)}");
    }
}
