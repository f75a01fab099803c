namespace PipeProxy.Comparison;

/// <summary>A median and the interval in which it lies.</summary>
/// <param name="Median">Not a number when nothing was measured.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Coverage">How sure the interval is: the probability that an interval made this way holds the true median.</param>
/// <param name="Count">Of how many rounds.</param>
/// <remarks>
/// The interval is made of order statistics: the k-th smallest and the k-th largest value, k as large as 95 % allow. Each value lies
/// below the true median with probability 1/2, whatever the distribution, so the coverage is a sum of binomial coefficients; nothing
/// is assumed about the noise but that rounds are independent. Below six rounds the smallest and largest value do not reach 95 %;
/// the coverage then says what they do reach.
/// </remarks>
internal readonly record struct Estimate(double Median, double Low, double High, double Coverage, int Count)
{
    /// <summary>The coverage that intervals should reach.</summary>
    public const double Wanted = 0.95;

    /// <summary>From the values of all good rounds; those that are not numbers do not count.</summary>
    public static Estimate Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        var n = sorted.Length;
        if (n == 0)
        {
            return new(double.NaN, double.NaN, double.NaN, 0, 0);
        }

        var median = n % 2 == 1 ? sorted[n / 2] : (sorted[(n / 2) - 1] + sorted[n / 2]) / 2;
        var rank = 1;
        while (rank + 1 <= n / 2 && CoverageOf(rank + 1, n) >= Wanted)
        {
            rank++;
        }

        return new(median, sorted[rank - 1], sorted[n - rank], CoverageOf(rank, n), n);
    }

    /// <summary>The probability that the median lies between the k-th smallest and the k-th largest of n values.</summary>
    internal static double CoverageOf(int rank, int n)
    {
        // 1 - 2 P(fewer than k of n values lie below the median). By logarithms: of a thousand rounds 0.5^n is no number any more.
        double tail = 0, term = -n * Math.Log(2);
        for (var below = 0; below < rank; below++)
        {
            tail += Math.Exp(term);
            term += Math.Log((double)(n - below) / (below + 1));
        }

        return Math.Max(0, 1 - (2 * tail));
    }
}
