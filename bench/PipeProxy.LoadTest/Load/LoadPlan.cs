namespace PipeProxy.LoadTest.Load;

/// <summary>What a run shall do; immutable.</summary>
internal sealed record LoadPlan
{
    internal required IReadOnlyList<Target> Targets { get; init; }

    internal required RequestTemplate Request { get; init; }

    internal TlsSettings Tls { get; init; } = new();

    /// <summary>Connections in all. Default 64.</summary>
    internal int Connections { get; init; } = 64;

    /// <summary>Event loops, each one thread. Default 1.</summary>
    internal int Threads { get; init; } = 1;

    /// <summary>How long to measure. Null: until <see cref="Requests"/> have ended.</summary>
    internal TimeSpan? Duration { get; init; }

    /// <summary>Requests to send and measure, whether they are answered or fail. Null: as many as fit into <see cref="Duration"/>.</summary>
    internal long? Requests { get; init; }

    /// <summary>Requests per second of the open loop. Null: the closed loop.</summary>
    internal double? Rate { get; init; }

    /// <summary>Load before measuring begins.</summary>
    internal TimeSpan Warmup { get; init; }

    /// <summary>Requests after which a connection is closed and made anew. 0: never.</summary>
    internal int RequestsPerConnection { get; init; }

    /// <summary>Bound on a connect, on a handshake, and on the time from a request to its whole answer.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often is looked for what has waited too long, and how long a closed loop pauses after a failed connect. Each look wakes three threads.</summary>
    internal TimeSpan Look => TimeSpan.FromMilliseconds(Math.Clamp(Timeout.TotalMilliseconds / 5, 10, 200));

    /// <summary>Length of the intervals of the result.</summary>
    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}
