namespace PipeProxy.Comparison;

/// <summary>What was measured of one proxy in one round.</summary>
/// <param name="Section">What kind of measurement, such as <c>cpu</c>.</param>
/// <param name="Case">Under which circumstances, such as <c>tls-log</c>.</param>
/// <param name="Proxy">Of whom.</param>
/// <param name="Number">Which round; those with the same number ran one after the other and are compared with each other.</param>
/// <param name="Values">Counts and times by name; units are in the names, or beside them in <see cref="Sections"/>.</param>
/// <param name="Lost">Why the round says nothing about the proxy; null for a good one.</param>
internal sealed record Round(string Section, string Case, string Proxy, int Number, IReadOnlyDictionary<string, double> Values, string? Lost = null)
{
    /// <summary>A value by name; not a number when the round has none.</summary>
    public double this[string name] => Values.TryGetValue(name, out var value) ? value : double.NaN;
}
