using System.Globalization;

namespace PipeProxy.Comparison;

/// <summary>Rounds of one proxy in one case that were lost for the same reason.</summary>
/// <param name="Rounds">In their order.</param>
/// <param name="Of">How many it had in this case, good ones too.</param>
internal sealed record LostRounds(IReadOnlyList<Round> Rounds, int Of)
{
    private const int Named = 5;

    /// <summary>What a report says about them.</summary>
    public string Text
    {
        get
        {
            var (first, more) = (Rounds[0], Rounds.Count - Named);
            var numbers = string.Join(", ", Rounds.Take(Named).Select(static round => round.Number + 1));
            return string.Create(CultureInfo.InvariantCulture, $"{first.Section}, {first.Case}, {first.Proxy}, round{(Rounds.Count > 1 ? "s" : "")} {numbers}{(more > 0 ? $" and {more} more" : "")} of {Of}: {first.Lost}");
        }
    }

    /// <summary>All that a run lost.</summary>
    public static IReadOnlyList<LostRounds> Among(IReadOnlyList<Round> rounds) =>
    [
        .. from round in rounds
           where round.Lost is not null
           group round by (round.Section, round.Case, round.Proxy, round.Lost) into lost
           select new LostRounds([.. lost], rounds.Count(round => (round.Section, round.Case, round.Proxy) == (lost.Key.Section, lost.Key.Case, lost.Key.Proxy))),
    ];
}
