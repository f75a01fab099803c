namespace PipeProxy.Telemetry;

/// <summary>The last failures towards each origin, identical ones counted: for snapshots, and so that a log says a thing once a minute and not once a request.</summary>
/// <remarks>Any thread; touched only when something failed. Holds at most <see cref="MaxEntries"/>; the one seen longest ago makes room.</remarks>
internal sealed class FailureRecorder(TimeProvider time)
{
    /// <summary>Entries kept at most, over all origins.</summary>
    internal const int MaxEntries = 512;

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Origin, string? Certificate, string Code, byte? Alert), Entry> _entries = [];

    /// <summary>Everything that is kept, the latest first.</summary>
    internal IReadOnlyList<OriginFailure> Snapshot()
    {
        lock (_lock)
        {
            return [.. _entries.OrderByDescending(static pair => pair.Value.SeenAt)
                .Select(static pair => new OriginFailure(pair.Key.Origin, pair.Key.Certificate, pair.Key.Code, pair.Key.Alert, pair.Value.Text.Detail, pair.Value.Text.Next, pair.Value.First, pair.Value.Last, pair.Value.Count) { Tls = pair.Value.Text.Tls })];
        }
    }

    /// <summary>Counts one.</summary>
    /// <param name="origin">The origin as people write it.</param>
    /// <param name="certificate">Name of the certificate; null for none.</param>
    /// <param name="code">What failed.</param>
    /// <param name="alert">The alert's number.</param>
    /// <param name="detail">This time's detail, made only when it is kept: for the first one, and for those that are to be told.</param>
    /// <param name="state">Handed to <paramref name="detail"/>.</param>
    /// <param name="untold">How many were not told since the last line.</param>
    /// <returns>What is to be told now; null when nothing is.</returns>
    internal FailureText? Record<TState>(string origin, string? certificate, string code, byte? alert, Func<TState, FailureText> detail, TState state, out long untold)
    {
        var (now, at) = (time.GetUtcNow(), time.GetTimestamp());
        var key = (origin, certificate, code, alert);
        lock (_lock)
        {
            untold = 0;
            if (!_entries.TryGetValue(key, out var entry))
            {
                MakeRoom();
                entry = new Entry { First = now };
                _entries.Add(key, entry);
            }

            entry.Count++;
            entry.Last = now;
            entry.SeenAt = at;
            if (entry.Count > 1 && time.GetElapsedTime(entry.ToldAt, at) < Quiet)
            {
                entry.Untold++;
                return null;
            }

            entry.Text = detail(state);
            untold = entry.Untold;
            entry.Untold = 0;
            entry.ToldAt = at;
            return entry.Text;
        }
    }

    private void MakeRoom()
    {
        if (_entries.Count >= MaxEntries)
        {
            _entries.Remove(_entries.MinBy(static pair => pair.Value.SeenAt).Key);
        }
    }

    private sealed class Entry
    {
        public FailureText Text;
        public DateTimeOffset First;
        public DateTimeOffset Last;

        // Timestamps: the clock on the wall may be set back, and would silence a failure for as long, or make the latest one the oldest.
        public long SeenAt;
        public long ToldAt;
        public long Count;
        public long Untold;
    }
}

/// <summary>A failure in words.</summary>
/// <param name="Detail">What happened.</param>
/// <param name="Next">What to do about it; null when there is nothing to say.</param>
/// <param name="Tls">What its handshake showed; null without TLS.</param>
internal readonly record struct FailureText(string Detail, string? Next, HandshakeSummary? Tls);
