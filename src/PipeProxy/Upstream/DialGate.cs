using PipeProxy.Configuration;
using PipeProxy.Telemetry;

namespace PipeProxy.Upstream;

/// <summary>What <see cref="DialGate.TryEnter"/> says to whoever wants to open a connection.</summary>
internal enum GateAnswer : byte
{
    /// <summary>Go on, and tell the gate how it ended, under the ticket it gave.</summary>
    Enter,

    /// <summary>The last attempt failed and another is under way: wait for its verdict.</summary>
    Wait,

    /// <summary>The breaker is open.</summary>
    Refused,
}

/// <summary>Whether a connection under one key may be opened: single flight after a failure, and the breaker (decision 0014). Any thread.</summary>
/// <remarks>
/// While attempts end well it is one read of a flag. After one has failed, one at a time goes on and the others wait for its verdict: the origin's first byte, or silence, or a failure, which they then share. So many refusals by TLS
/// in a row open the breaker; when its time is over it is half open, which is the same as single flight: one attempt, and its verdict is everybody's. An HTTP status, a refused connect or a name without an address never open it.
/// </remarks>
internal sealed class DialGate(TimeProvider time)
{
    private readonly Lock _lock = new();
    private bool _troubled;
    private bool _open;
    private long _openUntil;
    private int _refusals;
    private int _tickets;
    private int _underWay;
    private Failure? _last;
    private DateTimeOffset _lastAt;

    /// <summary>Is told of a verdict that others may wait for: what they share, or null when they are to try themselves.</summary>
    internal Action<Failure?>? OnVerdict { get; init; }

    /// <summary>Is told when the breaker opens (true), with the number of refusals and the last, and when it closes.</summary>
    internal Action<bool, int, Failure?>? OnBreaker { get; init; }

    /// <summary>How often in a row, and for how long.</summary>
    internal BreakerConfig Config { get; set; } = new();

    /// <summary>An attempt is under way whose verdict others wait for.</summary>
    internal bool IsAwaited
    {
        get
        {
            lock (_lock)
            {
                return _underWay != 0;
            }
        }
    }

    /// <summary>Where the breaker stands.</summary>
    internal BreakerState State
    {
        get
        {
            lock (_lock)
            {
                return !_open ? BreakerState.Closed : time.GetTimestamp() < _openUntil ? BreakerState.Open : BreakerState.HalfOpen;
            }
        }
    }

    /// <summary>Refusals by TLS since an attempt ended well.</summary>
    internal int Refusals
    {
        get
        {
            lock (_lock)
            {
                return _refusals;
            }
        }
    }

    /// <summary>The last attempt that failed, and when; null before the first.</summary>
    internal (Failure Failure, DateTimeOffset At)? Last
    {
        get
        {
            lock (_lock)
            {
                return _last is null ? null : (_last, _lastAt);
            }
        }
    }

    /// <summary>Asks to open a connection.</summary>
    /// <param name="ticket">For <see cref="Failed"/>, <see cref="Confirmed"/> or <see cref="Abandoned"/>, of which one must follow <see cref="GateAnswer.Enter"/>; 0 when nobody waits for the verdict.</param>
    /// <param name="left">How long the breaker stays open, with <see cref="GateAnswer.Refused"/>.</param>
    internal GateAnswer TryEnter(out int ticket, out TimeSpan left)
    {
        ticket = 0;
        left = default;
        if (!Volatile.Read(ref _troubled))
        {
            return GateAnswer.Enter;
        }

        lock (_lock)
        {
            if (!_troubled)
            {
                return GateAnswer.Enter;
            }

            var now = time.GetTimestamp();
            if (_open && now < _openUntil)
            {
                left = time.GetElapsedTime(now, _openUntil);
                return GateAnswer.Refused;
            }

            if (_underWay != 0)
            {
                return GateAnswer.Wait;
            }

            ticket = _underWay = ++_tickets;
            return GateAnswer.Enter;
        }
    }

    /// <summary>The attempt failed: it was not opened, or refused before it was confirmed.</summary>
    internal void Failed(Failure failure, int ticket)
    {
        bool tell, opened = false;
        int refusals;
        lock (_lock)
        {
            tell = Settle(ticket);
            Volatile.Write(ref _troubled, true);
            (_last, _lastAt) = (failure, time.GetUtcNow());
            if (IsRefusal(failure))
            {
                _refusals++;
                var now = time.GetTimestamp();
                if (Config.Refusals > 0 && _refusals >= Config.Refusals && (!_open || now >= _openUntil))
                {
                    opened = !_open;
                    _open = true;
                    _openUntil = now + (long)(Config.OpenTime.TotalSeconds * time.TimestampFrequency);
                }
            }

            refusals = _refusals;
        }

        if (opened)
        {
            OnBreaker?.Invoke(true, refusals, failure);
        }

        if (tell)
        {
            OnVerdict?.Invoke(failure);
        }
    }

    /// <summary>The origin took the connection and, where there is one, our certificate.</summary>
    internal void Confirmed(int ticket)
    {
        if (!Volatile.Read(ref _troubled))
        {
            return;
        }

        bool tell, closed;
        lock (_lock)
        {
            tell = Settle(ticket) | _underWay != 0;
            closed = _open;
            Clear();
        }

        Tell(tell, closed);
    }

    /// <summary>The attempt ended without a verdict: given up, or cut from our side.</summary>
    internal void Abandoned(int ticket)
    {
        if (ticket == 0)
        {
            return;
        }

        bool tell;
        lock (_lock)
        {
            tell = Settle(ticket);
        }

        Tell(tell, closed: false);
    }

    /// <summary>Starts fresh: something was changed on our side.</summary>
    internal void Reset()
    {
        bool tell, closed;
        lock (_lock)
        {
            (tell, closed) = (_underWay != 0, _open);
            Clear();
        }

        Tell(tell, closed);
    }

    /// <summary>Whether a failure is the origin's refusal by TLS, or ours of its certificate: what opens the breaker.</summary>
    internal static bool IsRefusal(Failure failure)
        => failure.Outcome == Outcome.TlsAlertReceived || failure.Outcome == Outcome.ClosedUnconfirmed || failure.Outcome == Outcome.HandshakeTerminated
            || failure.Outcome == Outcome.TlsCertificateError || failure.Outcome == Outcome.CertificateNotRequested;

    private bool Settle(int ticket)
    {
        if (ticket == 0 || ticket != _underWay)
        {
            return false;
        }

        _underWay = 0;
        return true;
    }

    private void Clear()
    {
        Volatile.Write(ref _troubled, false);
        _open = false;
        _refusals = 0;
        _underWay = 0;
    }

    private void Tell(bool verdict, bool closed)
    {
        if (closed)
        {
            OnBreaker?.Invoke(false, 0, null);
        }

        if (verdict)
        {
            OnVerdict?.Invoke(null);
        }
    }
}
