using System.Diagnostics;

namespace PipeProxy.Microbenchmarks;

/// <summary>
/// Times short pieces of code in turns, for machines that do other work meanwhile: a disturbance meets all of them, and what is compared
/// is the ratio within a round.
/// </summary>
/// <param name="names">One per piece; the first is what the others are compared with.</param>
/// <param name="pieces">Each runs its code this many times.</param>
internal sealed class Interleaved(string[] names, Action<int>[] pieces)
{
    // Short against the time slices of the scheduler, so that most rounds are not interrupted.
    private const int Calls = 1_000;

    /// <summary>Runs and prints nanoseconds per call (median, and what a tenth of the rounds stayed below) and the median ratio with its quartiles.</summary>
    public void Run(int rounds)
    {
        var times = pieces.Select(_ => new double[rounds]).ToArray();
        for (var round = -rounds / 4; round < rounds; round++)
        {
            for (var i = 0; i < pieces.Length; i++)
            {
                var turn = (i + round + rounds) % pieces.Length;
                var started = Stopwatch.GetTimestamp();
                pieces[turn](Calls);
                if (round >= 0)
                {
                    times[turn][round] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / Calls;
                }
            }
        }

        for (var i = 0; i < pieces.Length; i++)
        {
            var ratios = times[i].Zip(times[0], (own, first) => own / first).ToArray();
            Console.WriteLine($"{names[i],-34} {Quantile(times[i], 0.5),8:F1} ns  tenth {Quantile(times[i], 0.1),8:F1} ns   ratio {Quantile(ratios, 0.5):F2} ({Quantile(ratios, 0.25):F2} to {Quantile(ratios, 0.75):F2})");
        }
    }

    private static double Quantile(double[] values, double quantile) => values.Order().ElementAt((int)(quantile * (values.Length - 1)));
}
