using PipeProxy.Tls;

namespace PipeProxy.LoadTest.Load;

/// <summary>Who does how much: connections, rate and number of requests, divided among origins and loops.</summary>
/// <remarks>Connections go to origins by weight, and each origin's to the loops in turn; an origin's rate and requests go to where its connections are.</remarks>
internal sealed class LaneDivision
{
    private readonly double[][] _shares;

    private LaneDivision(double[][] shares) => _shares = shares;

    /// <summary>Gives the loops their lanes.</summary>
    /// <exception cref="LoadException">There are fewer connections than origins.</exception>
    internal static LaneDivision Of(IReadOnlyList<Origin> origins, LoadPlan plan, LoadLoop[] loops, HandshakeWorkers? workers)
    {
        if (plan.Connections < origins.Count)
        {
            throw new LoadException($"{origins.Count} origins need at least as many connections (currently {plan.Connections}).");
        }

        var perOrigin = Shares.Of(plan.Connections, [.. origins.Select(static origin => (double)origin.Weight)], atLeast: 1);
        var lanes = loops.Select(static _ => new List<Lane>()).ToArray();
        var shares = loops.Select(static _ => new List<double>()).ToArray();
        var weight = origins.Sum(static origin => origin.Weight);
        var first = 0;
        for (var i = 0; i < origins.Count; i++)
        {
            var dialer = new Dialer(origins[i], plan, workers);
            var numbers = Enumerable.Range(first, (int)perOrigin[i]).ToLookup(number => number % loops.Length);
            first += (int)perOrigin[i];
            foreach (var group in numbers)
            {
                var share = (double)origins[i].Weight / weight * group.Count() / perOrigin[i];

                // Loops begin a fraction of a spacing apart, so that their requests do not come in step.
                var arrivals = plan.Rate is { } rate ? new Arrivals(rate * share, (double)group.Key / loops.Length) : null;
                lanes[group.Key].Add(new Lane(loops[group.Key], origins[i], plan, dialer, group, arrivals));
                shares[group.Key].Add(share);
            }
        }

        foreach (var (index, loop) in loops.Index())
        {
            loop.Add(lanes[index]);
        }

        return new LaneDivision([.. shares.Select(static list => list.ToArray())]);
    }

    /// <summary>Each lane's part of a number of requests, per loop; null for no limit.</summary>
    internal long[][]? Limits(long? requests)
    {
        if (requests is not { } count)
        {
            return null;
        }

        var flat = Shares.Of(count, [.. _shares.SelectMany(static lanes => lanes)]);
        var at = 0;
        return [.. _shares.Select(lanes => flat.AsSpan((at += lanes.Length) - lanes.Length, lanes.Length).ToArray())];
    }
}
