namespace PipeProxy.Comparison;

/// <summary>All proxies under the same circumstances.</summary>
internal sealed class CaseResult
{
    private static readonly string[] Bar = ["nginx", "haproxy"];

    /// <summary>Compares the rounds of one case.</summary>
    public CaseResult(Section section, string name, IReadOnlyList<Round> rounds)
    {
        Name = name;
        Title = section.Cases.GetValueOrDefault(name, name);
        Proxies =
        [
            .. rounds.Select(static round => round.Proxy).Distinct()
                .OrderBy(proxy => proxy == section.Base ? 0 : 1)
                .Select(proxy => Summarise(section, proxy, rounds)),
        ];
        if (section is { HasBar: true, Compared: { } compared })
        {
            BestPeer = Proxies.Where(static proxy => Bar.Contains(proxy.Proxy) && proxy.Good.Count > 0)
                .MinBy(proxy => Estimate.Of(proxy.Good.Select(compared.Of)).Median)?.Proxy;
            ToBestPeer = BestPeer is null ? default : RatioOf(compared, section.Base, BestPeer, rounds);
        }
    }

    /// <summary>As rounds name it.</summary>
    public string Name { get; }

    /// <summary>As people read it.</summary>
    public string Title { get; }

    /// <summary>The base first.</summary>
    public IReadOnlyList<ProxyResult> Proxies { get; }

    /// <summary>The better of nginx and HAProxy; null where it is not asked, or neither ran.</summary>
    public string? BestPeer { get; }

    /// <summary>The base's ratio to it: below 1 the base is better.</summary>
    public Estimate ToBestPeer { get; }

    private static ProxyResult Summarise(Section section, string proxy, IReadOnlyList<Round> rounds)
    {
        Round[] own = [.. rounds.Where(round => round.Proxy == proxy)];
        Round[] good = [.. own.Where(static round => round.Lost is null)];
        return new(
            proxy,
            [.. section.Figures.Select(figure => Estimate.Of(good.Select(figure.Of)))],
            section.Compared is { } compared ? RatioOf(compared, proxy, section.Base, rounds) : default,
            good,
            [.. own.Where(static round => round.Lost is not null)],
            section.Remark?.Invoke(good) ?? "");
    }

    // Within each round, where both stood in the same weather; the median is taken of the ratios.
    private static Estimate RatioOf(Figure figure, string proxy, string other, IReadOnlyList<Round> rounds) => Estimate.Of(
        from round in rounds
        where round.Proxy == proxy && round.Lost is null
        from beside in rounds
        where beside.Proxy == other && beside.Lost is null && beside.Number == round.Number
        select figure.Of(round) / figure.Of(beside));
}
