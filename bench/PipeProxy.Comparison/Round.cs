using System.Collections.Frozen;

namespace PipeProxy.Comparison;

/// <summary>What was measured of one proxy in one round.</summary>
/// <param name="Section">What kind of measurement, such as <c>cpu</c>.</param>
/// <param name="Case">Under which circumstances, such as <c>tls-log</c>.</param>
/// <param name="Proxy">Of whom.</param>
/// <param name="Number">Which round; those with the same number ran one after the other and are compared with each other.</param>
/// <param name="Values">Counts and times by name; units are in the names.</param>
/// <param name="Series">Lists of numbers by name, such as latency percentiles.</param>
/// <param name="Lost">Why the round says nothing about the proxy; null for a good one.</param>
internal sealed record Round(
    string Section, string Case, string Proxy, int Number, IReadOnlyDictionary<string, double> Values, IReadOnlyDictionary<string, double[]> Series, string? Lost)
{
    /// <summary>A round without series.</summary>
    public Round(string section, string @case, string proxy, int number, IReadOnlyDictionary<string, double> values, string? lost = null)
        : this(section, @case, proxy, number, values, FrozenDictionary<string, double[]>.Empty, lost)
    {
    }

    /// <summary>A value by name; not a number when the round has none.</summary>
    public double this[string name] => Values.TryGetValue(name, out var value) ? value : double.NaN;
}
