namespace PipeProxy.Comparison;

/// <summary>A whole run, compared.</summary>
internal sealed class ComparisonReport
{
    /// <summary>Compares the rounds of a run.</summary>
    public ComparisonReport(RunFacts facts, IReadOnlyList<Round> rounds)
    {
        Facts = facts;
        Rounds = rounds;
        Sections =
        [
            .. from section in Comparison.Sections.All
               let own = rounds.Where(round => round.Section == section.Name).ToArray()
               where own.Length > 0
               select (section, (IReadOnlyList<CaseResult>)[.. own.Select(static round => round.Case).Distinct()
                   .Select(name => new CaseResult(section, name, [.. own.Where(round => round.Case == name)]))]),
        ];
        Floor = FloorOf(Sections);
    }

    /// <summary>Date, machine, versions.</summary>
    public RunFacts Facts { get; }

    /// <summary>Every round, lost ones too.</summary>
    public IReadOnlyList<Round> Rounds { get; }

    /// <summary>Sections of which there are rounds.</summary>
    public IReadOnlyList<(Section Section, IReadOnlyList<CaseResult> Cases)> Sections { get; }

    /// <summary>The smallest difference that this run can tell, as a fraction of one; null without an A/A run.</summary>
    public double? Floor { get; }

    /// <summary>Whether a ratio is no more than noise: its interval holds 1, or its distance from 1 is within the floor.</summary>
    public bool IsNoise(Estimate ratio) => ratio.Count > 0 && ((ratio.Low <= 1 && ratio.High >= 1) || Math.Abs(ratio.Median - 1) <= (Floor ?? 0));

    /// <summary>Lost rounds, and why.</summary>
    public IReadOnlyList<LostRounds> Lost => field ??= LostRounds.Among(Rounds);

    /// <summary>Those of these sections of which nothing can be told.</summary>
    public IReadOnlyList<string> WithoutGoodRound(IEnumerable<string> sections) => [.. sections.Where(name => !Rounds.Any(round => round.Section == name && round.Lost is null))];

    // The further end of the interval of nginx against itself.
    private static double? FloorOf(IReadOnlyList<(Section Section, IReadOnlyList<CaseResult> Cases)> sections) =>
        sections.Where(static section => section.Section.Name == "floor")
            .SelectMany(static section => section.Cases)
            .SelectMany(static result => result.Proxies.Skip(1))
            .Where(static proxy => proxy.Ratio.Count > 0)
            .Select(static proxy => (double?)Math.Max(Math.Abs(proxy.Ratio.High - 1), Math.Abs(1 - proxy.Ratio.Low)))
            .FirstOrDefault();
}
