using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>The connections of one loop to one origin, and what gives them their next request.</summary>
/// <remarks>Closed loop: a connection that has its answer asks again at once. Open loop: requests are due at moments that were fixed before, and the connection that has waited longest takes the next.</remarks>
internal sealed class Lane : IDisposable
{
    private readonly LoopTarget[] _targets;
    private readonly int[] _cycle;
    private readonly LoadConnection[] _connections;
    private readonly Queue<LoadConnection> _idle = new();
    private readonly List<LoadConnection> _paused = [];
    private readonly Arrivals? _arrivals;
    private Alarm? _alarm;
    private long _budget = long.MaxValue;
    private int _unprepared;
    private int _cursor;
    private bool _running;
    private long _alarmAt = long.MaxValue;

    internal Lane(LoadLoop owner, Origin origin, LoadPlan plan, Dialer dialer, IEnumerable<int> numbers, Arrivals? arrivals)
    {
        Owner = owner;
        Dialer = dialer;
        RequestsPerConnection = plan.RequestsPerConnection;
        Timeout = Clock.Of(plan.Timeout);
        _targets = [.. origin.Targets.Select(target => new LoopTarget(plan.Request, target))];
        _cycle = TargetCycle.Of([.. origin.Targets.Select(static target => target.Weight)]);
        _connections = [.. numbers.Select(number => new LoadConnection(this, number))];
        _arrivals = arrivals;
    }

    internal LoadLoop Owner { get; }

    internal EventLoop Loop => Owner.Loop;

    internal Dialer Dialer { get; }

    internal int RequestsPerConnection { get; }

    /// <summary>From a request to its whole answer.</summary>
    internal long Timeout { get; }

    /// <summary>Connections that wait for an answer which counts.</summary>
    internal int Busy { get; set; }

    /// <summary>Changes when measuring begins: a request that began under another one does not count.</summary>
    internal int Epoch { get; private set; }

    /// <summary>No further request will begin.</summary>
    internal bool IsExhausted => !_running || (_arrivals is null ? _budget == 0 : _arrivals.Next == long.MaxValue);

    /// <summary>Connections that were opened ahead, or could not be, are all done.</summary>
    internal bool IsPrepared => _unprepared == 0;

    internal LoopTarget NextTarget()
    {
        _cursor = _cursor + 1 < _cycle.Length ? _cursor + 1 : 0;
        return _targets[_cycle[_cursor]];
    }

    /// <summary>Opens all connections, so that the run does not begin with a storm of handshakes.</summary>
    internal void Prepare()
    {
        _unprepared = _connections.Length;
        foreach (var connection in _connections)
        {
            connection.Prepare();
        }
    }

    /// <summary>A connection is open, or could not be opened.</summary>
    internal void Prepared()
    {
        if (_unprepared > 0)
        {
            _unprepared--;
        }
    }

    internal void Start(long now)
    {
        _running = true;
        if (_arrivals is not null)
        {
            _alarm ??= Alarm.Create(Loop, Ring);
            _arrivals.Start(now);
        }

        foreach (var connection in _connections)
        {
            Next(connection, now);
        }
    }

    /// <summary>Starts again after <see cref="Finish"/> or <see cref="Stop"/>, once every request has ended.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="requests">Of a closed loop: only so many.</param>
    internal void Resume(long now, long requests)
    {
        _budget = requests;
        _idle.Clear();
        _arrivals?.Reset();
        Start(now);
    }

    /// <summary>Measuring begins.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="requests">Only so many more; null for no bound.</param>
    internal void Measure(long now, long? requests)
    {
        if (_arrivals is null && requests is null)
        {
            // A closed loop counts the answers that come in its time.
            return;
        }

        // Requests are counted, so those of the warm-up are not among them: neither those that are under way, which may be more than that, nor those that found no connection.
        (Epoch, Busy) = (Epoch + 1, 0);
        _budget = requests ?? long.MaxValue;
        _arrivals?.Skip(now);
        if (requests is { } count)
        {
            _arrivals?.Limit(count);
        }
    }

    /// <summary>When those requests began that wait for an answer which counts.</summary>
    internal IEnumerable<long> Waiting() => _connections.Select(static connection => connection.WaitsSince).OfType<long>();

    /// <summary>The schedule ends at this moment.</summary>
    internal void EndAt(long end) => _arrivals?.EndAt(end);

    /// <summary>No further request becomes due. An open loop still sends those that are, so a stall at the end counts like any other.</summary>
    internal void Finish(long now)
    {
        _budget = 0;
        _arrivals?.EndAt(now);
        _paused.Clear();
    }

    /// <summary>No further request begins.</summary>
    /// <returns>How many were due and found no connection.</returns>
    internal long Stop(long now)
    {
        var overdue = _arrivals?.Overdue(now) ?? 0;
        _running = false;
        _budget = 0;
        _arrivals?.Stop();
        _paused.Clear();
        return overdue;
    }

    /// <summary>What is still under way has failed, and does not count again.</summary>
    internal void GiveUp()
    {
        foreach (var connection in _connections)
        {
            connection.GiveUp();
        }

        (Epoch, Busy) = (Epoch + 1, 0);
    }

    /// <summary>The connection is free.</summary>
    internal void Next(LoadConnection connection, long now)
    {
        if (!_running)
        {
            _idle.Enqueue(connection);
        }
        else if (_arrivals is not null)
        {
            if (_arrivals.TryTake(now, out var intended))
            {
                connection.Begin(intended, now);
                return;
            }

            _idle.Enqueue(connection);
            SetAlarm();
        }
        else if (_budget > 0 && now < Owner.CutOff)
        {
            _budget--;
            connection.Begin(now, now);
            return;
        }

        Owner.CheckFinished();
    }

    /// <summary>The connection's request failed.</summary>
    internal void Failed(LoadConnection connection, SocketErrorKind? kind)
    {
        if (_arrivals is null && kind is SocketErrorKind.Connect or SocketErrorKind.Tls)
        {
            // A server that is not there is not asked as fast as a processor can; the next sweep goes on.
            _paused.Add(connection);
            Owner.CheckFinished();
        }
        else
        {
            Next(connection, Clock.Now);
        }
    }

    /// <summary>Comes every <see cref="LoadPlan.Look"/>: what has waited too long, and what was paused.</summary>
    internal void Sweep(long now)
    {
        foreach (var connection in _connections)
        {
            connection.CheckTimeout(now);
        }

        if (_paused.Count > 0)
        {
            LoadConnection[] paused = [.. _paused];
            _paused.Clear();
            foreach (var connection in paused)
            {
                Next(connection, now);
            }
        }
    }

    public void Dispose() => _alarm?.Dispose();

    private void Ring()
    {
        _alarmAt = long.MaxValue;
        var now = Clock.Now;
        while (_idle.Count > 0 && _arrivals!.TryTake(now, out var intended))
        {
            _idle.Dequeue().Begin(intended, now);
        }

        SetAlarm();
    }

    // Without a free connection there is nothing to wake up for: the next answer takes what is due.
    private void SetAlarm()
    {
        var next = _arrivals!.Next;
        if (_idle.Count > 0 && next < _alarmAt)
        {
            _alarmAt = next;
            _alarm!.Set(next);
        }
    }
}
