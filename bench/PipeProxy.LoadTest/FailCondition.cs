using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.LoadTest;

/// <summary>A condition of <c>--fail-if</c>: when it holds, the run ends with exit code 3.</summary>
/// <remarks>
/// <code>
/// condition = metric operator value
/// metric    = p50 | p75 | p90 | p99 | p99.9 | p99.99 | p99.999 | mean | max | min | rate | requests | unsent | waiting | errors | error-rate | cpu[:NAME]
/// operator  = &gt; | &gt;= | &lt; | &lt;= | =
/// value     = a time for latencies and cpu (5ms), a rate or a count (10k), or a share (1%, 0.01) for error-rate
/// </code>
/// </remarks>
internal sealed partial class FailCondition
{
    private const string Metrics = "p50, p75, p90, p99, p99.9, p99.99, p99.999, mean, min, max, rate, requests, unsent, waiting, errors, error-rate, cpu or cpu:NAME";

    private readonly string _text;
    private readonly string _metric;
    private readonly string? _process;
    private readonly string _operator;
    private readonly double _value;

    private FailCondition(string text, string metric, string? process, string @operator, double value)
        => (_text, _metric, _process, _operator, _value) = (text, metric, process, @operator, value);

    private enum Unit
    {
        Microseconds,
        PerSecond,
        Count,
        Share,
    }

    public override string ToString() => _text;

    internal static bool TryParse(string text, [NotNullWhen(true)] out FailCondition? condition, [NotNullWhen(false)] out string? wrong)
    {
        condition = null;
        var match = Grammar().Match(text);
        if (!match.Success)
        {
            wrong = $"--fail-if '{text}': expected METRIC, one of > >= < <= =, and a value, as in 'p99>5ms'.";
            return false;
        }

        var metric = match.Groups["metric"].Value;
        var process = match.Groups["process"] is { Success: true } group ? group.Value : null;
        if (UnitOf(metric) is not { } unit || (process is not null && metric != "cpu"))
        {
            wrong = $"--fail-if '{text}': there is no metric '{metric}{(process is null ? "" : ":" + process)}'; take {Metrics}.";
            return false;
        }

        var typed = match.Groups["value"].Value;
        if (!TryValue(typed, unit, out var value))
        {
            wrong = $"--fail-if '{text}': '{typed}' is no {Expected(unit)}.";
            return false;
        }

        if (unit == Unit.Share && value > 1)
        {
            wrong = $"--fail-if '{text}': '{typed}' is more than all requests{(typed.EndsWith('%') || value > 100 ? "" : $"; did you mean '{typed}%'?")}";
            return false;
        }

        (condition, wrong) = (new FailCondition(text, metric, process, match.Groups["operator"].Value, value), null);
        return true;
    }

    /// <summary>Whether a process that the condition names is watched, or one at all.</summary>
    internal bool CanBeJudged(IEnumerable<string> watched) => _metric != "cpu" || watched.Any(name => _process is null || name == _process);

    /// <summary>Whether it holds for a result. What cannot be told holds: a run that has nothing to show must not pass.</summary>
    /// <param name="result">The result.</param>
    /// <param name="measured">What was measured instead, for people.</param>
    internal bool Holds(LoadResult result, out string measured)
    {
        if (_metric == "cpu" && Watched(result).FirstOrDefault(static process => process.IsGone) is { } gone)
        {
            measured = $"cpu cannot be told: process {gone.Pid} ({Text.Printable(gone.Name)}) ended {(gone.IsKnown ? "meanwhile" : "before measuring began")}";
            return true;
        }

        var value = Measure(result);
        measured = $"{_metric} is {Format(value)}";
        return _operator switch
        {
            ">" => value > _value,
            ">=" => value >= _value,
            "<" => value < _value,
            "<=" => value <= _value,
            _ => value == _value,
        };
    }

    private static Unit? UnitOf(string metric) => metric switch
    {
        "mean" or "min" or "max" or "waiting" or "cpu" => Unit.Microseconds,
        "rate" => Unit.PerSecond,
        "requests" or "unsent" or "errors" => Unit.Count,
        "error-rate" => Unit.Share,
        _ => LatencySummary.Percentiles.Any(percentile => percentile.Name == metric) ? Unit.Microseconds : null,
    };

    private static bool TryValue(string text, Unit unit, out double value)
    {
        switch (unit)
        {
            // A bare number would be seconds, which nobody means here.
            case Unit.Microseconds:
                value = 0;
                return char.IsAsciiLetter(text[^1]) && Quantity.TryTime(text, out var time) && (value = time.TotalMicroseconds) >= 0;
            case Unit.PerSecond:
                return text == "0" ? (value = 0) == 0 : Quantity.TryRate(text, out value);
            case Unit.Count:
                return Quantity.TryCount(text, out value);
            case Unit.Share when text.EndsWith('%'):
                var known = double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
                value /= 100;
                return known;
            default:
                return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
        }
    }

    private static string Expected(Unit unit) => unit switch
    {
        Unit.Microseconds => "time with its unit, such as 5ms or 250us",
        Unit.PerSecond => "rate, such as 5000 or 5k",
        Unit.Share => "share, such as 1% or 0.01",
        _ => "count, such as 200 or 10k",
    };

    private double Measure(LoadResult result) => _metric switch
    {
        "mean" => result.Latency.Mean,
        "min" => result.Latency.Min,
        "max" => result.Latency.Max,
        "rate" => result.Rate,
        "requests" => result.Total.Requests,
        "unsent" => result.Unsent,
        "waiting" => LatencySummary.Microseconds(result.Waiting.Longest),
        "errors" => result.Total.Errors,
        "error-rate" => result.ErrorRate,
        "cpu" => Watched(result).Sum(process => result.PerRequest(process.Cpu)),
        _ => result.Latency.At(LatencySummary.Percentiles.First(percentile => percentile.Name == _metric).Percentile),
    };

    private IEnumerable<ProcessUsage> Watched(LoadResult result) => result.Watched.Where(process => _process is null || process.Name == _process);

    private string Format(double value) => UnitOf(_metric) switch
    {
        Unit.Microseconds => Text.Microseconds(value),
        Unit.PerSecond => $"{Text.Rate(value)} per second",
        Unit.Share => Text.Percent(value),
        _ => Text.Count((long)value),
    };

    [GeneratedRegex(@"^\s*(?<metric>[A-Za-z][A-Za-z0-9.-]*)(:(?<process>[^<>=\s]+))?\s*(?<operator>>=|<=|>|<|=)\s*(?<value>[0-9][^\s<>=]*)\s*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();
}
