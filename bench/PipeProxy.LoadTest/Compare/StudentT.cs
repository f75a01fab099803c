namespace PipeProxy.LoadTest.Compare;

/// <summary>Student's t distribution: how far the mean of few runs may be from the truth.</summary>
internal static class StudentT
{
    private const int Bisections = 200;

    // Lanczos, g = 7, n = 9: relative error below 1e-14 for positive arguments.
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>The value that is not exceeded in either direction with the given probability: 2.776 for 0.95 and 4 degrees of freedom.</summary>
    /// <param name="confidence">Between 0 and 1.</param>
    /// <param name="degreesOfFreedom">Above 0, not necessarily whole.</param>
    internal static double TwoSided(double confidence, double degreesOfFreedom)
    {
        double low = 0;
        double high = 1;
        while (Within(high, degreesOfFreedom) < confidence && high < 1e12)
        {
            high *= 2;
        }

        for (var i = 0; i < Bisections; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = Within(middle, degreesOfFreedom) < confidence ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    // The probability of -t to t: 1 - I_x(df/2, 1/2) with x = df / (df + t^2).
    private static double Within(double t, double df) => 1 - Beta(df / (df + (t * t)), df / 2, 0.5);

    // The regularised incomplete beta function, by its continued fraction (Lentz's method; Numerical Recipes section 6.4).
    private static double Beta(double x, double a, double b)
    {
        if (x is <= 0 or >= 1)
        {
            return x <= 0 ? 0 : 1;
        }

        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + (a * Math.Log(x)) + (b * Math.Log(1 - x)));
        return x < (a + 1) / (a + b + 2) ? front * Fraction(x, a, b) / a : 1 - (front * Fraction(1 - x, b, a) / b);
    }

    private static double Fraction(double x, double a, double b)
    {
        const double tiny = 1e-300;
        double c = 1;
        var d = 1 / Bounded(1 - ((a + b) * x / (a + 1)));
        var result = d;
        for (var m = 1; m <= 300; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = 1 / Bounded(1 + (even * d));
            c = Bounded(1 + (even / c));
            result *= d * c;

            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / Bounded(1 + (odd * d));
            c = Bounded(1 + (odd / c));
            result *= d * c;
            if (Math.Abs((d * c) - 1) < 1e-15)
            {
                break;
            }
        }

        return result;

        static double Bounded(double value) => Math.Abs(value) < tiny ? tiny : value;
    }

    private static double LogGamma(double x)
    {
        // Gamma(x) Gamma(1 - x) = pi / sin(pi x)
        if (x < 0.5)
        {
            return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        }

        var sum = Lanczos[0];
        for (var i = 1; i < Lanczos.Length; i++)
        {
            sum += Lanczos[i] / (x - 1 + i);
        }

        var t = x - 1 + 7.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((x - 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }
}
