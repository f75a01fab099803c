namespace PipeProxy.LoadTest.Compare;

/// <summary>The middle value, or the mean of the two in the middle.</summary>
internal static class Median
{
    /// <summary>NaN of none.</summary>
    internal static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
