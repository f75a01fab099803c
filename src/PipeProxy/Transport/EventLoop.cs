using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using PipeProxy.Telemetry;

namespace PipeProxy.Transport;

/// <summary>How a loop is made.</summary>
internal sealed record EventLoopOptions
{
    /// <summary>The clock. Default: the system's.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What moves the loop's bytes. Default: the best that this system has.</summary>
    internal TransportKind Transport { get; init; }

    /// <summary>Makes a transport of another make in place of <see cref="Transport"/>. Default null.</summary>
    internal Func<LoopTransport>? MakeTransport { get; init; }

    /// <summary>Buffer sizes.</summary>
    internal TransportOptions Sizes { get; init; } = TransportOptions.Default;

    /// <summary>Is told, on the loop, of an exception that left a callback: a bug. The loop goes on. Default: nothing is told.</summary>
    internal Action<Exception>? OnUnhandledException { get; init; }
}

/// <summary>A thread, a run queue, deadlines and one clock. Everything that belongs to a loop is touched on its thread only, so it needs no locks.</summary>
/// <remarks>
/// <para>One round: deadlines that have passed, what other threads posted, then what was deferred (at most <see cref="DeferredPerRound"/>, so that sockets get their turn between thousands of woken waiters), then what the round has written is sent,
/// then the transport's events, for which it sleeps when nothing else waits.</para>
/// <para>No wake-up is lost: a post and the decision to sleep are made under one lock, and <see cref="LoopTransport.Wake"/> is remembered by a transport that does not sleep yet.</para>
/// </remarks>
internal sealed class EventLoop
{
    private const int DeferredPerRound = 256;

    /// <summary>Whether what only a bug can break is checked. A static readonly that is false costs nothing once the method is compiled.</summary>
    internal static readonly bool Asserting = AssertingByDefault || (AppContext.TryGetSwitch("PipeProxy.AssertInside", out var on) && on);

#if DEBUG
    private const bool AssertingByDefault = true;
#else
    private const bool AssertingByDefault = false;
#endif

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly Lock _gate = new();
    private readonly RunQueue _deferred = new();
    private readonly Thread _thread;
    private readonly long _epoch;
    private readonly Action<Exception>? _onUnhandledException;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate.
    private RunQueue _posted = new();
    private RunQueue _taken = new();
    private bool _sleeping;
    private bool _gone;

    private bool _stopping;
    private long _wokeAt;

    internal EventLoop(int index, EventLoopOptions? options = null)
    {
        options ??= new EventLoopOptions();
        Index = index;
        Time = options.Time;
        Sizes = options.Sizes;
        _onUnhandledException = options.OnUnhandledException;
        _epoch = Time.GetTimestamp();
        Memory = new LoopMemoryPool(this);
        Deadlines = new DeadlineList(this);
        Transport = options.MakeTransport?.Invoke() ?? LoopTransport.Create(options.Transport);
        Transport.Attach(this);
        _thread = new Thread(static state => ((EventLoop)state!).RunLoop()) { Name = $"loop {index}", IsBackground = true };
    }

    /// <summary>The loop whose thread this is; null elsewhere.</summary>
    internal static EventLoop? Current => _current;

    /// <summary>Its number, from 0.</summary>
    internal int Index { get; }

    /// <summary>The clock that deadlines and timers follow.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Milliseconds since the loop was made, read once per round, when it wakes.</summary>
    internal long Now { get; private set; }

    /// <summary>How long the loop was busy at a stretch.</summary>
    internal LoopLag Lag { get; } = new();

    /// <summary>Rounds so far; what may be done once per round compares it.</summary>
    internal uint Round { get; private set; }

    /// <summary>Blocks that live on this loop; rented and returned on it.</summary>
    internal LoopMemoryPool Memory { get; }

    internal TransportOptions Sizes { get; }

    internal DeadlineList Deadlines { get; }

    /// <summary>What leaves at the end of the round.</summary>
    internal Outbox Outbox { get; } = new();

    internal LoopTransport Transport { get; }

    /// <summary>Whether the caller runs on this loop's thread.</summary>
    internal bool IsInside => _current == this;

    internal void Start()
    {
        if (!Transport.StepsLoop)
        {
            _thread.UnsafeStart(this);
        }
    }

    /// <summary>One round on the calling thread, which is the loop's meanwhile; for a transport that <see cref="LoopTransport.StepsLoop"/>.</summary>
    /// <returns>False when the loop has ended.</returns>
    internal bool Step()
    {
        if (_ended.Task.IsCompleted)
        {
            return false;
        }

        _current = this;
        EndWait();
        var goesOn = RunRound();
        if (!goesOn)
        {
            End();
        }

        _current = null;
        return goesOn;
    }

    /// <summary>Resets every connection that is still open, lets their operations end, and ends the thread. What is posted afterwards is dropped.</summary>
    internal Task StopAsync()
    {
        Post(static state => ((EventLoop)state!).BeginStop(), this);
        return _ended.Task;
    }

    /// <summary>Gives back what a loop holds that was never started. What is posted afterwards is dropped.</summary>
    internal void Discard() => End();

    /// <summary>Throws when the caller is not on the loop: in Debug builds, and where the switch <c>PipeProxy.AssertInside</c> is on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AssertInside()
    {
        if (Asserting && !IsInside)
        {
            ThrowOutside();
        }
    }

    /// <summary><c>await loop.Enter()</c> continues on the loop.</summary>
    internal LoopEntry Enter() => new(this);

    /// <summary>Runs the callback on the loop, later. From any thread.</summary>
    internal void Post(Action<object?> callback, object? state)
    {
        if (IsInside)
        {
            _deferred.Enqueue(callback, state);
            return;
        }

        bool wake;
        lock (_gate)
        {
            if (_gone)
            {
                return;
            }

            _posted.Enqueue(callback, state);
            wake = _sleeping;
            _sleeping = false;
        }

        if (wake)
        {
            Transport.Wake();
        }
    }

    /// <summary>Runs the callback later on this loop: for whatever wakes another exchange, so that a chain of thousands does not recurse. On the loop only.</summary>
    internal void Defer(Action<object?> callback, object? state)
    {
        AssertInside();
        _deferred.Enqueue(callback, state);
    }

    /// <summary>Connects to an address. Called on the loop, and completes on it.</summary>
    /// <param name="endPoint">An address, not a name.</param>
    /// <param name="timeout">After this the attempt ends with <see cref="IoStatus.TimedOut"/>.</param>
    internal ValueTask<ConnectResult> ConnectAsync(EndPoint endPoint, TimeSpan timeout)
    {
        AssertInside();
        return new ConnectAttempt(this, endPoint).RunAsync(timeout);
    }

    /// <summary>Runs a callback here and now; an exception is reported and goes no further.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "The loop serves every connection; a bug in one callback must not end it.")]
    internal void Run(Action<object?> callback, object? state)
    {
        try
        {
            callback(state);
        }
        catch (Exception e)
        {
            ReportUnhandled(e);
        }
    }

    /// <summary>Tells of an exception that left a callback: a bug.</summary>
    internal void ReportUnhandled(Exception exception) => _onUnhandledException?.Invoke(exception);

    /// <summary>Called by the transport before it waits for events, or looks for them.</summary>
    internal void BeginWait() => Lag.Record(Stopwatch.GetTimestamp() - _wokeAt);

    /// <summary>Called by the transport when it has waited, before it handles the first event: reads the clock.</summary>
    internal void EndWait()
    {
        _wokeAt = Stopwatch.GetTimestamp();
        Now = (long)(ReferenceEquals(Time, TimeProvider.System) ? Stopwatch.GetElapsedTime(_epoch, _wokeAt) : Time.GetElapsedTime(_epoch)).TotalMilliseconds;
    }

    private void RunLoop()
    {
        _current = this;
        ExecutionContext.SuppressFlow();
        if (Libc.IsSupported)
        {
            Libc.AskForShortTurns();
        }

        EndWait();
        while (RunRound())
        {
        }

        End();
    }

    // False: the loop was stopped and nothing of it is left.
    private bool RunRound()
    {
        Round++;
        Deadlines.TickIfDue();
        RunPosted();
        RunDeferred();
        if (_stopping && _deferred.Count == 0 && Transport.SocketCount == 0)
        {
            return false;
        }

        Outbox.SendAll();
        Transport.Poll(MayWait());
        return true;
    }

    private void RunPosted()
    {
        lock (_gate)
        {
            (_posted, _taken) = (_taken, _posted);
            _sleeping = false;
        }

        while (_taken.Count > 0)
        {
            var item = _taken.Dequeue();
            Run(item.Callback, item.State);
        }
    }

    private void RunDeferred()
    {
        for (var left = Math.Min(_deferred.Count, DeferredPerRound); left > 0; left--)
        {
            var item = _deferred.Dequeue();
            Run(item.Callback, item.State);
        }
    }

    // Milliseconds; 0 when something is to be done, -1 when nothing is awaited but events.
    private int MayWait()
    {
        if (_deferred.Count > 0)
        {
            return 0;
        }

        lock (_gate)
        {
            _sleeping = _posted.Count == 0;
            return _sleeping ? Deadlines.MillisecondsToTick : 0;
        }
    }

    private void BeginStop()
    {
        _stopping = true;
        Transport.AbortAll();
    }

    private void End()
    {
        lock (_gate)
        {
            _gone = true;
        }

        Transport.Dispose();
        _ended.SetResult();
    }

    [DoesNotReturn]
    private void ThrowOutside() => throw new InvalidOperationException($"This belongs to loop {Index} and was touched on thread '{Thread.CurrentThread.Name}'.");
}
