using System.Diagnostics;
using PipeProxy.Testing;

namespace PipeProxy.Fuzz;

/// <summary>Mutates the seeds from a number, so that every input comes again with the same number. Needs nothing but this program.</summary>
internal static class SeededRun
{
    // A hang shows as a block of inputs that does not end.
    private const int Block = 100_000;

    private static readonly TimeSpan BlockLimit = TimeSpan.FromMinutes(10);

    /// <summary>Runs this many inputs; false, and the input in hexadecimal, when one breaks a promise.</summary>
    public static bool Run(FuzzTarget target, int seed, long executions)
    {
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        byte[] input = [];
        using var watch = new Timer(_ => Environment.FailFast($"{target.Name}, seed {seed}: an input does not end: {Convert.ToHexString(input)}"));
        for (long i = 0; i < executions; i++)
        {
            if (i % Block == 0)
            {
                watch.Change(BlockLimit, Timeout.InfiniteTimeSpan);
            }

            // Now and then a damaged one is damaged further.
            var from = random.Next(4) == 0 && input.Length is > 0 and < 4096 ? input : target.Seeds[random.Next(target.Seeds.Count)];
            input = WireMutator.Mutate(from, target.Seeds[random.Next(target.Seeds.Count)], random);
            try
            {
                target.Run(input);
            }
#pragma warning disable CA1031 // Whatever is thrown is the finding.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Console.WriteLine($"{target.Name}, seed {seed}, execution {i}: {e.Message}\n{Convert.ToHexString(input)}\n{e.StackTrace}");
                return false;
            }
        }

        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(FormattableString.Invariant($"{target.Name}: {executions} executions from seed {seed}, none broke a promise; {seconds:F1} s, {executions / seconds:F0} per second"));
        return true;
    }
}
