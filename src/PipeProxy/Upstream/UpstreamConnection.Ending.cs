using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <content>How a connection ends: by age, by the end of its certificate, by a drain, by its origin; and what is said of it.</content>
internal sealed partial class UpstreamConnection : IDeadlineOwner
{
    /// <summary>Takes no request any more: idle, it closes now; lent, when it comes back or the time is over.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="within">How long its exchange may go on; infinite for as long as it takes.</param>
    public void Drain(UpstreamCloseReason reason, TimeSpan within)
    {
        Loop.AssertInside();
        if (State is UpstreamState.Connecting or UpstreamState.Closed || (State == UpstreamState.Draining && reason != UpstreamCloseReason.Retired))
        {
            // One that opens is looked at when it is open; and a drain under a deadline stays under it.
            return;
        }

        if (!_lent)
        {
            Close(reason);
            return;
        }

        if (State != UpstreamState.Draining)
        {
            Enter(UpstreamState.Draining);
        }

        _drainedFor = reason;
        _drainUntil = within >= TimeSpan.Zero ? Loop.Now + (long)Math.Min(within.TotalMilliseconds, long.MaxValue / 4) : long.MaxValue;
        if (_confirmed || (within >= TimeSpan.Zero && within < Silence))
        {
            WatchDrain();
        }
    }

    // Until it is confirmed the deadline is the verdict's, which others may wait for and which comes sooner.
    private void WatchDrain()
    {
        var left = _drainUntil == long.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromMilliseconds(Math.Max(1, _drainUntil - Loop.Now));
        var valid = UntilNotAfter();
        _life.Set(left < valid ? left : valid, left < valid ? DeadlineKind.Drain : DeadlineKind.MaxAge);
    }

    /// <summary>Ends the connection, whatever its state; its place under the cap is free.</summary>
    public void Close(UpstreamCloseReason reason)
    {
        Loop.AssertInside();
        if (State == UpstreamState.Closed)
        {
            return;
        }

        TellGate();
        End(reason);
    }

    /// <summary>What the ended stream says about the origin. Call when a read completed without a response byte.</summary>
    public Failure Describe()
    {
        if (_stream is SecuredStream { Failure: { } failure })
        {
            return failure;
        }

        var origin = Key.Origin;
        var ended = _input.Status switch
        {
            _ when _output.TimedOut => new Failure(Outcome.ResponseTimeout, $"{origin} took no more of the request in time, and had not answered.", "Look at the origin, or raise timeouts.betweenBytes."),
            IoStatus.Ok when SpokeUnasked => new Failure(Outcome.ResponseMalformed, $"{origin} sent bytes on an idle connection, before the request.", "Look at the origin; the request was not repeated, because it may not be sent twice."),
            IoStatus.TimedOut => new Failure(Outcome.ResponseTimeout, $"{origin} sent no response head in time.", "Look at the origin, or raise timeouts.firstByte."),
            _ when _cut => new Failure(Outcome.ConnectionTerminated, $"{origin} had not answered when its connection had to end: {WhyCut()}.", "Send the request again; raise pool.drainTimeout of this upstream if its answers take longer."),
            IoStatus.Reset => new Failure(AfterSilence, $"{origin} reset the connection before a response byte.", NextAfterSilence()),
            _ => new Failure(AfterSilence, $"{origin} closed the connection before a response byte.", NextAfterSilence()),
        };
        return ended.Outcome.Stage == OutcomeStage.Tls ? ended with { Tls = (_stream as SecuredStream)?.DescribeHandshake() } : ended;
    }

    /// <summary>For an answer that refuses the certificate: what the handshake showed, to be asked later, when the connection may have closed. Null without TLS.</summary>
    public Func<HandshakeSummary?>? KeepHandshake()
    {
        if (_stream is not SecuredStream secured)
        {
            return null;
        }

        secured.KeepForReport();
        return secured.DescribeHandshake;
    }

    // An origin may refuse a certificate without an alert, so on a new connection the end belongs to TLS.
    private Outcome AfterSilence => !_confirmed && Key.Identity is not null ? Outcome.ClosedUnconfirmed : Outcome.ConnectionTerminated;

    private string NextAfterSilence() => Key.Identity is { } identity && !_confirmed
        ? $"The handshake had ended; an origin that refuses certificate '{identity.Name}' without an alert looks like this. Look at its log and its trust store."
        : "Look at the origin's log for this time.";

    private string WhyCut() => (_drainedFor == UpstreamCloseReason.Retired, Key.Identity) switch
    {
        (true, { } identity) => $"certificate '{identity.Name}' was changed or removed {_pool.Config.DrainTimeout.TotalSeconds:0.#} s before",
        (true, null) => $"its route was changed or removed {_pool.Config.DrainTimeout.TotalSeconds:0.#} s before",
        _ => $"certificate '{Key.Identity?.Name}' has expired",
    };

    private void End(UpstreamCloseReason reason)
    {
        if (!_lent && State is UpstreamState.Idle or UpstreamState.Unconfirmed)
        {
            _pool.Remove(this);
        }

        var wasConnecting = State == UpstreamState.Connecting;
        Enter(UpstreamState.Closed);
        CloseReason = reason;
        _lent = false;
        _idle.Clear();
        _life.Clear();
        if (!wasConnecting)
        {
            _stream.Close();
            if (_stream.UnsentBytes > 0)
            {
                // Of a request that nobody waits for any more: the socket is not kept beyond its place for that.
                _stream.Abort();
            }

            CompleteInput();
            _output.Complete();
        }

        _pool.Release(this);
    }

    // What an end before the confirmation says of the next attempt: the origin's refusal, or nothing.
    private void TellGate()
    {
        if (_confirmed)
        {
            return;
        }

        var refused = State != UpstreamState.Connecting && !_cut && _input.Status is IoStatus.End or IoStatus.Reset or IoStatus.TlsAlert or IoStatus.TlsTruncated or IoStatus.TlsProtocol
            ? Describe()
            : null;
        if (refused is null)
        {
            _pool.Gate.Abandoned(_ticket);
            return;
        }

        _pool.Gate.Failed(refused, _ticket);
        if (_ahead)
        {
            _pool.AheadEnded(this, refused);
        }
    }

    private bool IsTooOld() => Loop.Now >= _tooOldAt || _pool.IsPastNotAfter(Loop.Time);

    private TimeSpan UntilNotAfter() => _pool.NotAfter == DateTimeOffset.MaxValue ? TimeSpan.MaxValue : TimeSpan.FromTicks(Math.Max(1, (_pool.NotAfter - Loop.Time.GetUtcNow()).Ticks));

    private void WatchAge()
    {
        var left = TimeSpan.FromMilliseconds(Math.Max(1, _tooOldAt - Loop.Now));
        var valid = UntilNotAfter();
        _life.Set(left < valid ? left : valid, DeadlineKind.MaxAge);
    }

    // An idle connection closes the moment that it is too old. One that is lent takes no further request; what it carries goes on, but not beyond the certificate's end.
    private void OnAge()
    {
        if (_pool.IsPastNotAfter(Loop.Time))
        {
            Cut();
        }
        else if (State == UpstreamState.Draining)
        {
            // A clock was set back.
            _life.Set(UntilNotAfter(), DeadlineKind.MaxAge);
        }
        else if (IsTooOld())
        {
            Drain(UpstreamCloseReason.MaxAge, Timeout.InfiniteTimeSpan);
        }
        else
        {
            WatchAge();
        }
    }

    private void Cut()
    {
        if (!_lent)
        {
            Close(UpstreamCloseReason.MaxAge);
            return;
        }

        if (State != UpstreamState.Draining)
        {
            Enter(UpstreamState.Draining);
            _drainedFor = UpstreamCloseReason.MaxAge;
        }

        _cut = true;
        _stream.Abort();
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind)
    {
        switch (kind)
        {
            case DeadlineKind.Idle:
                Close(UpstreamCloseReason.IdleTimeout);
                break;
            case DeadlineKind.Verdict:
                Confirm();
                break;
            case DeadlineKind.Drain:
                Cut();
                break;
            default:
                OnAge();
                break;
        }
    }
}
