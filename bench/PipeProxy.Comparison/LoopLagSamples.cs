using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>The 99th percentile of how long a proxy's loop kept events waiting, of every tenth of a second; what <see cref="LoopLagWatch"/> wrote.</summary>
internal sealed class LoopLagSamples(IReadOnlyList<(double At, double Seconds)> samples)
{
    /// <summary>Reads lines of unix time, space, seconds.</summary>
    public static LoopLagSamples Read(string file) => new(
    [
        .. from line in File.ReadLines(file)
           let fields = line.Split(' ')
           select (double.Parse(fields[0], CultureInfo.InvariantCulture), double.Parse(fields[1], CultureInfo.InvariantCulture)),
    ]);

    /// <summary>Adds the usual and the worst tenth of a second between two moments, in microseconds.</summary>
    /// <param name="values">A round's.</param>
    /// <param name="from">Unix time.</param>
    /// <param name="to">Unix time.</param>
    public void Add(Dictionary<string, double> values, double from, double to)
    {
        // A sample stands at the end of its tenth, which counts if any of it lies between the two.
        double[] during = [.. samples.Where(sample => sample.At > from && sample.At < to + LoopLagWatch.IntervalSeconds).Select(static sample => sample.Seconds * 1e6)];
        if (during.Length > 0)
        {
            values["loopLag"] = Estimate.Of(during).Median;
            values["loopLagWorst"] = during.Max();
        }
    }
}
