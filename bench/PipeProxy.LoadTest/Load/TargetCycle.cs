namespace PipeProxy.LoadTest.Load;

/// <summary>The order in which an origin's targets are asked for: each as often as its weight, spread evenly.</summary>
/// <remarks>nginx's smooth weighted round robin, laid out once: weights 5, 1, 1 give a a b a c a a.</remarks>
internal static class TargetCycle
{
    internal static int[] Of(IReadOnlyList<int> weights)
    {
        var divisor = weights.Aggregate(0, static (a, b) => Gcd(a, b));
        var total = weights.Sum() / divisor;
        var current = new int[weights.Count];
        var cycle = new int[total];
        for (var i = 0; i < total; i++)
        {
            var best = 0;
            for (var j = 0; j < current.Length; j++)
            {
                current[j] += weights[j] / divisor;
                best = current[j] > current[best] ? j : best;
            }

            current[best] -= total;
            cycle[i] = best;
        }

        return cycle;
    }

    private static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
}
