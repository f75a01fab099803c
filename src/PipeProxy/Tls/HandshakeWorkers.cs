using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PipeProxy.Transport;

namespace PipeProxy.Tls;

/// <summary>Threads that handshakes run on, so that their milliseconds of arithmetic stall no loop; and the bound on how many are under way.</summary>
/// <remarks>
/// A loop's work takes microseconds and a handshake's milliseconds, so the threads give way to the loops where the system lets them
/// (decision 0012). Beside loops that never rest they would come to little: what has waited for <see cref="LateAfter"/> goes to as many
/// threads that give way to nobody, which otherwise sleep.
/// </remarks>
internal sealed class HandshakeWorkers : IDisposable
{
    /// <summary>What has waited for so long is late: a fifth of the default time for a handshake.</summary>
    internal static readonly TimeSpan LateAfter = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly Queue<Work> _ready = new();
    private readonly Queue<Work> _waiting = new();
    private readonly SemaphoreSlim _late = new(0);
    private readonly TimeProvider _time;
    private readonly Action<Exception>? _onUnhandledException;
    private int _limit;
    private int _underWay;
    private bool _stopped;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">0: as many as the machine has cores, at least two.</param>
    /// <param name="limit">Handshakes under way at a time; more wait in order of arrival. Their deadlines run meanwhile.</param>
    /// <param name="onUnhandledException">Is told of an exception that left a callback: a bug.</param>
    /// <param name="time">Tells what is late; null: the system's.</param>
    internal HandshakeWorkers(int threads = 0, int limit = 256, Action<Exception>? onUnhandledException = null, TimeProvider? time = null)
    {
        _limit = limit;
        _onUnhandledException = onUnhandledException;
        _time = time ?? TimeProvider.System;
        for (var i = 0; i < (threads > 0 ? threads : Math.Max(2, Environment.ProcessorCount)); i++)
        {
            new Thread(static state => ((HandshakeWorkers)state!).RunAll()) { Name = $"handshake {i}", IsBackground = true }.UnsafeStart(this);
            new Thread(static state => ((HandshakeWorkers)state!).RunLate()) { Name = $"late handshake {i}", IsBackground = true }.UnsafeStart(this);
        }
    }

    /// <summary>Handshakes under way at a time; more wait in order of arrival. A lower one holds for those to come.</summary>
    internal int Limit
    {
        get => Volatile.Read(ref _limit);
        set
        {
            lock (_gate)
            {
                _limit = value;
                while (_underWay < _limit && _waiting.TryDequeue(out var next))
                {
                    _underWay++;
                    Ready(next);
                }
            }
        }
    }

    /// <summary>Handshakes under way.</summary>
    internal int UnderWay
    {
        get
        {
            lock (_gate)
            {
                return _underWay;
            }
        }
    }

    /// <summary><c>await workers.Enter()</c> takes a place and continues on a worker; <see cref="Leave"/> gives the place back.</summary>
    internal WorkerEntry Enter() => new(this);

    /// <summary>Gives the place back, from any thread.</summary>
    internal void Leave()
    {
        lock (_gate)
        {
            if (_underWay <= _limit && _waiting.TryDequeue(out var next))
            {
                Ready(next);
            }
            else
            {
                _underWay--;
            }
        }
    }

    /// <summary>Runs the callback on a worker.</summary>
    internal void Schedule(Action<object?> callback, object? state)
    {
        lock (_gate)
        {
            Ready(new Work(callback, state, _time.GetTimestamp()));
        }
    }

    /// <summary>Ends the threads; what has not run yet is dropped.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        // Never disposed: a thread may still be about to wait for it.
        _late.Release(int.MaxValue / 2);
    }

    private void Begin(Action continuation)
    {
        var work = new Work(static state => ((Action)state!)(), continuation, _time.GetTimestamp());
        lock (_gate)
        {
            if (_underWay >= _limit)
            {
                _waiting.Enqueue(work);
                return;
            }

            _underWay++;
            Ready(work);
        }
    }

    private void Ready(Work work)
    {
        _ready.Enqueue(work);
        Monitor.Pulse(_gate);
    }

    private void RunAll()
    {
        ExecutionContext.SuppressFlow();
        Libc.GiveWay();
        while (TryTake(out var work))
        {
            if (IsLate(work) && _late.CurrentCount == 0)
            {
                _late.Release();
            }

            Run(work);
        }
    }

    // Sleeps until somebody who came to it late says so; then helps until nothing is late any more.
    private void RunLate()
    {
        ExecutionContext.SuppressFlow();
        while (!Volatile.Read(ref _stopped))
        {
            _late.Wait();
            while (TryTakeLate(out var work))
            {
                Run(work);
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A bug in one handshake must not end the thread that serves all.")]
    private void Run(in Work work)
    {
        try
        {
            work.Callback(work.State);
        }
        catch (Exception e)
        {
            _onUnhandledException?.Invoke(e);
        }
    }

    private bool TryTake(out Work work)
    {
        lock (_gate)
        {
            while (!_stopped)
            {
                if (_ready.TryDequeue(out work))
                {
                    return true;
                }

                Monitor.Wait(_gate);
            }
        }

        work = default;
        return false;
    }

    private bool TryTakeLate(out Work work)
    {
        lock (_gate)
        {
            if (!_stopped && _ready.TryPeek(out work) && IsLate(work))
            {
                return _ready.TryDequeue(out work);
            }
        }

        work = default;
        return false;
    }

    private bool IsLate(in Work work) => _time.GetElapsedTime(work.Since) >= LateAfter;

    /// <summary>A callback that is to run on a worker.</summary>
    /// <param name="Callback">What runs.</param>
    /// <param name="State">What it gets.</param>
    /// <param name="Since">Timestamp of the moment from which it could have run.</param>
    private readonly record struct Work(Action<object?> Callback, object? State, long Since);

    /// <summary>What <see cref="Enter"/> gives.</summary>
    internal readonly struct WorkerEntry(HandshakeWorkers workers) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public WorkerEntry GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => workers.Begin(continuation);

        public void UnsafeOnCompleted(Action continuation) => workers.Begin(continuation);
    }
}
