using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace PipeProxy.Tls;

/// <summary>Threads that handshakes run on, so that their milliseconds of arithmetic stall no loop; and the bound on how many are under way.</summary>
internal sealed class HandshakeWorkers : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<(Action<object?> Callback, object? State)> _ready = new();
    private readonly Queue<Action> _waiting = new();
    private int _limit;
    private readonly Action<Exception>? _onUnhandledException;
    private int _underWay;
    private bool _stopped;

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">0: as many as the machine has cores, at least two.</param>
    /// <param name="limit">Handshakes under way at a time; more wait in order of arrival. Their deadlines run meanwhile.</param>
    /// <param name="onUnhandledException">Is told of an exception that left a callback: a bug.</param>
    internal HandshakeWorkers(int threads = 0, int limit = 256, Action<Exception>? onUnhandledException = null)
    {
        _limit = limit;
        _onUnhandledException = onUnhandledException;
        for (var i = 0; i < (threads > 0 ? threads : Math.Max(2, Environment.ProcessorCount)); i++)
        {
            new Thread(static state => ((HandshakeWorkers)state!).Work()) { Name = $"handshake {i}", IsBackground = true }.UnsafeStart(this);
        }
    }

    /// <summary>Handshakes under way at a time; more wait in order of arrival. One that is lowered holds for those to come.</summary>
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
                    Ready(static state => ((Action)state!)(), next);
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
                Ready(static state => ((Action)state!)(), next);
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
            Ready(callback, state);
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
    }

    private void Begin(Action continuation)
    {
        lock (_gate)
        {
            if (_underWay >= _limit)
            {
                _waiting.Enqueue(continuation);
                return;
            }

            _underWay++;
            Ready(static state => ((Action)state!)(), continuation);
        }
    }

    private void Ready(Action<object?> callback, object? state)
    {
        _ready.Enqueue((callback, state));
        Monitor.Pulse(_gate);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A bug in one handshake must not end the thread that serves all.")]
    private void Work()
    {
        ExecutionContext.SuppressFlow();
        while (TryTake(out var item))
        {
            try
            {
                item.Callback(item.State);
            }
            catch (Exception e)
            {
                _onUnhandledException?.Invoke(e);
            }
        }
    }

    private bool TryTake(out (Action<object?> Callback, object? State) item)
    {
        lock (_gate)
        {
            while (!_stopped)
            {
                if (_ready.TryDequeue(out item))
                {
                    return true;
                }

                Monitor.Wait(_gate);
            }
        }

        item = default;
        return false;
    }

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
