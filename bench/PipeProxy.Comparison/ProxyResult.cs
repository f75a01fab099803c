namespace PipeProxy.Comparison;

/// <summary>One proxy in one case: its figures over all rounds, and its ratio to the base.</summary>
/// <param name="Proxy">Its name.</param>
/// <param name="Figures">In the order of the section's figures.</param>
/// <param name="Ratio">Of the compared figure to the base's in the same round; without a count when nothing is compared.</param>
/// <param name="Good">Rounds that count.</param>
/// <param name="Lost">Rounds that do not.</param>
/// <param name="Remark">May be empty.</param>
internal sealed record ProxyResult(string Proxy, IReadOnlyList<Estimate> Figures, Estimate Ratio, IReadOnlyList<Round> Good, IReadOnlyList<Round> Lost, string Remark);
