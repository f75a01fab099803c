using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.LoadTest.Results;

/// <summary>What a run measured.</summary>
internal sealed record LoadResult
{
    internal required LoadPlan Plan { get; init; }

    internal required DateTimeOffset Started { get; init; }

    /// <summary>Length of the measured time.</summary>
    internal required double Seconds { get; init; }

    internal required Tally Total { get; init; }

    internal required IReadOnlyList<IntervalResult> Intervals { get; init; }

    internal required IReadOnlyList<ProcessUsage> Watched { get; init; }

    /// <summary>This tool's own.</summary>
    internal required TimeSpan OwnCpu { get; init; }

    /// <summary>Requests of the open loop that were due and found no connection until the end.</summary>
    internal required long Unsent { get; init; }

    /// <summary>Requests of the closed loop that had no answer at the end.</summary>
    internal required WaitingRequests Waiting { get; init; }

    /// <summary>Ended by Ctrl-C.</summary>
    internal required bool Interrupted { get; init; }

    /// <summary>Ended because nothing answered.</summary>
    internal required bool GaveUp { get; init; }

    /// <summary>Answers per second that came within the measured time.</summary>
    internal double Rate => Seconds > 0 ? (Total.Requests - Total.Late) / Seconds : 0;

    internal LatencySummary Latency => field ??= LatencySummary.Of(Total.Latency);

    /// <summary>Errors of all kinds over all requests that ended.</summary>
    internal double ErrorRate
    {
        get
        {
            var ended = Total.Requests + Total.Malformed + Total.SocketErrors.Sum();
            return ended == 0 ? 0 : (double)Total.Errors / ended;
        }
    }

    /// <summary>Whether the figures mean anything.</summary>
    internal bool IsTrustworthy => Total.Requests > 0 && Total.Malformed == 0;

    /// <summary>CPU over answers, in microseconds; 0 without answers.</summary>
    internal double PerRequest(TimeSpan cpu) => Total.Requests == 0 ? 0 : cpu.TotalMicroseconds / Total.Requests;
}
