using HdrHistogram;

namespace PipeProxy.LoadTest.Load;

/// <summary>What was counted over some time: by one loop while it runs, and of all loops once added up.</summary>
/// <remarks>A loop writes into one and hands it over whole when an interval ends; so nothing here is shared, and recording costs no lock.</remarks>
internal sealed class Tally
{
    /// <summary>Latencies are kept in nanoseconds with three significant digits, up to an hour.</summary>
    internal const int SignificantDigits = 3;

    private const long LongestNanoseconds = 3600 * Clock.Second;
    private const int MaxReasons = 20;

    /// <summary>Of whole answers, in nanoseconds.</summary>
    internal LongHistogram Latency { get; } = new(1, LongestNanoseconds, SignificantDigits);

    /// <summary>From the first packet to a connection that is ready for a request (TLS included), in nanoseconds.</summary>
    internal LongHistogram Connecting { get; } = new(1, LongestNanoseconds, 2);

    /// <summary>Whole answers, of any status.</summary>
    internal long Requests { get; private set; }

    /// <summary>Those among them that came when the schedule of the open loop was over.</summary>
    internal long Late { get; private set; }

    /// <summary>Bytes received, heads included; over TLS decrypted.</summary>
    internal long Bytes { get; set; }

    /// <summary>Answers per status code.</summary>
    internal long[] Statuses { get; } = new long[1000];

    /// <summary>Answers that were not HTTP as it should be.</summary>
    internal long Malformed { get; private set; }

    /// <summary>Per <see cref="SocketErrorKind"/>.</summary>
    internal long[] SocketErrors { get; } = new long[Enum.GetValues<SocketErrorKind>().Length];

    /// <summary>What exactly went wrong, and how often; the first few kinds of it.</summary>
    internal Dictionary<(string Kind, string Text), long> Reasons { get; } = [];

    /// <summary>Answers that say the request failed.</summary>
    internal long HttpErrors
    {
        get
        {
            long sum = 0;
            for (var status = 400; status < Statuses.Length; status++)
            {
                sum += Statuses[status];
            }

            return sum + Malformed;
        }
    }

    /// <summary>All that went wrong.</summary>
    internal long Errors => HttpErrors + SocketErrors.Sum();

    /// <summary>A whole answer.</summary>
    internal void Answered(int status, long nanoseconds, bool late = false)
    {
        Requests++;
        Late += late ? 1 : 0;
        Statuses[status]++;
        Latency.RecordValue(Math.Clamp(nanoseconds, 1, LongestNanoseconds));
    }

    internal void Connected(long nanoseconds) => Connecting.RecordValue(Math.Clamp(nanoseconds, 1, LongestNanoseconds));

    internal void Failed(SocketErrorKind kind, string reason)
    {
        SocketErrors[(int)kind]++;
        Note((kind.ToString().ToLowerInvariant(), reason), 1);
    }

    internal void Refused(string reason)
    {
        Malformed++;
        Note(("malformed", reason), 1);
    }

    internal void Add(Tally other)
    {
        Latency.Add(other.Latency);
        Connecting.Add(other.Connecting);
        Requests += other.Requests;
        Late += other.Late;
        Bytes += other.Bytes;
        Malformed += other.Malformed;
        for (var i = 0; i < Statuses.Length; i++)
        {
            Statuses[i] += other.Statuses[i];
        }

        for (var i = 0; i < SocketErrors.Length; i++)
        {
            SocketErrors[i] += other.SocketErrors[i];
        }

        foreach (var (reason, count) in other.Reasons)
        {
            Note(reason, count);
        }
    }

    internal void Clear()
    {
        Latency.Reset();
        Connecting.Reset();
        (Requests, Late, Bytes, Malformed) = (0, 0, 0, 0);
        Array.Clear(Statuses);
        Array.Clear(SocketErrors);
        Reasons.Clear();
    }

    private void Note((string Kind, string Text) reason, long count)
    {
        if (!Reasons.TryGetValue(reason, out var before) && Reasons.Count >= MaxReasons)
        {
            reason = (reason.Kind, "other reasons");
            before = Reasons.GetValueOrDefault(reason);
        }

        Reasons[reason] = before + count;
    }
}
