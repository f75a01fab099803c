using System.Text.Json;

namespace PipeProxy.Comparison;

/// <summary>What the page's script draws: lines over rounds, or over percentiles.</summary>
internal sealed class LinePlots
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private static readonly string[] Percentiles = ["p50", "p75", "p90", "p99", "p99.9"];

    // Lines with more rounds than this are drawn without a mark for each.
    private const int PointsUpTo = 30;

    private readonly List<object> _plots = [];

    /// <summary>Everything added, for the script. No string in it can end the script element.</summary>
    public string Json() => JsonSerializer.Serialize(_plots, Web);

    /// <summary>A figure round by round; null when there are too few rounds to see anything.</summary>
    /// <returns>The plot's number.</returns>
    public int? AddRounds(Figure figure, CaseResult result)
    {
        int[] numbers = [.. result.Proxies.SelectMany(static proxy => proxy.Good).Select(static round => round.Number).Distinct().Order()];
        if (numbers.Length < 3)
        {
            return null;
        }

        return Add(new
        {
            xLabel = "round",
            yLabel = figure.Title,
            logarithmic = false,
            digits = 1,
            points = numbers.Length <= PointsUpTo,
            x = numbers.Select(static number => number + 1),
            lines = result.Proxies.Select((proxy, index) => new
            {
                name = proxy.Proxy,
                color = ProxyColor.Of(proxy.Proxy, index),
                values = numbers.Select(number => Finite(proxy.Good.Where(round => round.Number == number).Select(figure.Of).FirstOrDefault(double.NaN))),
            }),
        });
    }

    /// <summary>Latency by percentile, the median of each over the rounds; null where no latency was measured at a fixed rate.</summary>
    public int? AddPercentiles(Section section, CaseResult result) => section.Name != "latency" ? null : Add(new
    {
        xLabel = "percentile",
        yLabel = "latency, us",
        logarithmic = true,
        digits = 0,
        points = true,
        x = Enumerable.Range(0, Percentiles.Length),
        xNames = Percentiles,
        lines = result.Proxies.Select((proxy, index) => new
        {
            name = proxy.Proxy,
            color = ProxyColor.Of(proxy.Proxy, index),
            values = Percentiles.Select(percentile => Finite(Estimate.Of(proxy.Good.Select(round => round[percentile])).Median)),
        }),
    });

    private int Add(object plot)
    {
        _plots.Add(plot);
        return _plots.Count - 1;
    }

    private static double? Finite(double value) => double.IsFinite(value) ? Math.Round(value, 3) : null;
}
