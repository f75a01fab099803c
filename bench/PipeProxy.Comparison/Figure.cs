using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>One number that a round yields.</summary>
/// <param name="Name">In the JSON, unit included.</param>
/// <param name="Title">In tables.</param>
/// <param name="Of">From a round's values; not a number where it has none.</param>
/// <param name="Format">Of the number in tables.</param>
internal sealed record Figure(string Name, string Title, Func<Round, double> Of, string Format = "0.0")
{
    /// <summary>The number as tables show it.</summary>
    public string Show(double value) => double.IsFinite(value) ? value.ToString(Format, CultureInfo.InvariantCulture) : "-";

    /// <summary>The median and its interval as tables show it.</summary>
    public string Show(Estimate estimate) => estimate.Count switch
    {
        0 => "-",
        1 => Show(estimate.Median),
        _ => $"{Show(estimate.Median)} ({Show(estimate.Low)} to {Show(estimate.High)})",
    };
}
