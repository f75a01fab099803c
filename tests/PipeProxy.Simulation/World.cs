namespace PipeProxy.Simulation;

/// <summary>One run's time, chance and agenda. Everything in it happens on one thread, one occurrence after the other.</summary>
internal sealed class World(ulong seed)
{
    private readonly Agenda _agenda = new();
    private ulong _trace = 14695981039346656037;
    private Thread? _thread;

    internal SeededRandom Random { get; } = new(seed);

    /// <summary>Microseconds since the beginning.</summary>
    internal long Now { get; private set; }

    /// <summary>Counts occurrences: what happened later has the higher number, also within a microsecond.</summary>
    internal long Moment { get; private set; }

    /// <summary>A hash over all that happened, in order: two runs with the same are the same.</summary>
    internal ulong Trace => _trace;

    /// <summary>What broke a promise first; null while none is broken.</summary>
    internal string? Violation { get; private set; }

    internal bool IsQuiet => _agenda.Count == 0;

    internal long NextTime => _agenda.NextTime;

    /// <summary>Lets it happen after so many microseconds.</summary>
    internal void After(long microseconds, Occurrence what) => Enter(Now + microseconds, what);

    /// <summary>Lets it happen at that time, or now if that has passed.</summary>
    internal void At(long time, Occurrence what) => Enter(Math.Max(Now, time), what);

    /// <summary>Lets it happen after so many microseconds.</summary>
    internal void After(long microseconds, Action what) => After(microseconds, new Call(what));

    /// <summary>From here to <see cref="Release"/> everything happens on the calling thread. What does not is a finding: nothing could be played again.</summary>
    internal void Own() => _thread = Thread.CurrentThread;

    /// <summary>Other threads may do as they like.</summary>
    internal void Release() => _thread = null;

    /// <summary>Lets the next thing happen.</summary>
    internal void Step()
    {
        Now = _agenda.NextTime;
        Moment++;
        _agenda.Take().Happen(Now);
    }

    /// <summary>Lets time pass without anything happening: when a run is over, what still waits waits for its deadline.</summary>
    internal void Skip(long microseconds) => Now += microseconds;

    /// <summary>Adds to the trace.</summary>
    internal void Note(long what)
    {
        CheckThread();
        _trace = (_trace ^ (ulong)what) * 1099511628211;
        _trace = (_trace ^ (ulong)Now) * 1099511628211;
    }

    /// <summary>A promise is broken. The first one is kept.</summary>
    internal void Fail(string violation) => Violation ??= $"{violation} (occurrence {Moment}, {Now / 1e6:F6} s)";

    private void Enter(long time, Occurrence what)
    {
        CheckThread();
        _agenda.Add(time, what);
    }

    private void CheckThread()
    {
        if (_thread is { } owner && owner != Thread.CurrentThread)
        {
            Fail($"something goes on on another thread: {Environment.StackTrace}");
        }
    }

    private sealed class Call(Action what) : Occurrence
    {
        internal override void Happen(long now) => what();
    }
}
