namespace PipeProxy.LoadTest.Load;

/// <summary>Divides a whole number by weights so that the parts add up to it (largest remainder).</summary>
internal static class Shares
{
    /// <param name="total">What to divide.</param>
    /// <param name="weights">Not all zero.</param>
    /// <param name="atLeast">The least that each part gets; <paramref name="total"/> must suffice.</param>
    internal static long[] Of(long total, IReadOnlyList<double> weights, long atLeast = 0)
    {
        var sum = weights.Sum();
        var free = total - (atLeast * weights.Count);
        var exact = weights.Select(weight => free * weight / sum).ToArray();
        var parts = exact.Select(part => atLeast + (long)part).ToArray();
        var left = total - parts.Sum();
        foreach (var index in Enumerable.Range(0, parts.Length).OrderByDescending(i => exact[i] - (long)exact[i]).Take((int)left))
        {
            parts[index]++;
        }

        return parts;
    }
}
