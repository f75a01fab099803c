using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Where a connection to an origin is in its life.</summary>
internal enum UpstreamState : byte
{
    /// <summary>Serving the request that it was opened for or leased to.</summary>
    Busy,

    /// <summary>On the shelf, with a pending read that sees the origin's end, reset or late alert at once.</summary>
    Idle,

    /// <summary>Ended; nothing happens any more.</summary>
    Closed,
}

/// <summary>Why a connection to an origin was closed.</summary>
internal enum UpstreamCloseReason : byte
{
    None,

    /// <summary>The origin closed, reset or sent an alert while the connection was idle.</summary>
    OriginClosed,

    /// <summary>The origin sent bytes that nobody asked for: the next response would be theirs.</summary>
    UnexpectedBytes,

    /// <summary>Idle for too long.</summary>
    IdleTimeout,

    /// <summary>Too old for another request, or the certificate it presented ended.</summary>
    MaxAge,

    /// <summary>The certificate it presented was changed, disabled or removed.</summary>
    Retired,

    /// <summary>It lay idle on one loop while a request on another waited for a place under the cap.</summary>
    NeededElsewhere,

    /// <summary>The exchange failed or the origin asked for the connection to end.</summary>
    Discarded,
}

/// <summary>One connection to an origin under one <see cref="UpstreamKey"/>; carries one exchange at a time.</summary>
/// <remarks>
/// Loop-owned. While idle a read is pending without a buffer; it is handed over with the lease and <em>is</em> the first response
/// read. <see cref="IsFirstUse"/> marks the connection opened for its request: TLS 1.3 servers reject a client certificate after
/// the handshake, so until its first response byte the certificate is not known to be accepted.
/// </remarks>
internal sealed class UpstreamConnection : IValueTaskSource<ReadResult>, IDeadlineOwner
{
    private readonly LoopStream _stream;
    private readonly LoopPipeReader _input;
    private readonly LoopPipeWriter _output;
    private readonly KeyPool _pool;
    private readonly LoopCounters _counters;
    private readonly Deadline _idle;
    private readonly Action _onParkedRead;
    private readonly long _openedAt;
    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private System.Runtime.CompilerServices.ValueTaskAwaiter<ReadResult> _parked;
    private ReadResult _parkedResult;
    private ParkedRead _parkedState;
    private long _headUntil;
    private int _uses;

    /// <summary>Wraps a stream whose handshake is done; the connection is busy with its first request.</summary>
    public UpstreamConnection(LoopStream stream, KeyPool pool, BufferSizes sizes)
    {
        _stream = stream;
        _pool = pool;
        _input = new LoopPipeReader(stream, sizes);
        _output = new LoopPipeWriter(stream);
        _idle = new Deadline(stream.Loop, this);
        _onParkedRead = OnParkedRead;
        _openedAt = stream.Loop.Now;
        _counters = pool.CountersOf(stream.Loop);
        _counters.UpstreamMoved(UpstreamPhase.Connecting, UpstreamPhase.Busy);
        _uses = 1;
    }

    /// <summary>The loop that owns the connection.</summary>
    public EventLoop Loop => _stream.Loop;

    /// <summary>The identity it was opened under.</summary>
    public UpstreamKey Key => _pool.Key;

    /// <summary>Where it is in its life.</summary>
    public UpstreamState State { get; private set; }

    /// <summary>Opened for the request it serves; no response byte has confirmed yet that the origin takes our certificate.</summary>
    public bool IsFirstUse => _uses == 1;

    /// <summary>The origin asked for a client certificate; null when unknown or not TLS.</summary>
    public bool? CertificateRequested => (_stream as SecuredStream)?.CertificateRequested;

    /// <summary>Response bytes after those of the first <see cref="ReadAsync"/>.</summary>
    public PipeReader Input => _input;

    /// <summary>Request bytes.</summary>
    public PipeWriter Output => _output;

    /// <summary>A read deadline ended the connection.</summary>
    public bool TimedOut => _input.TimedOut != DeadlineKind.None;

    /// <summary>The origin ended its side in order: over TLS with close_notify.</summary>
    public bool EndedCleanly => _input.Status == IoStatus.End;

    /// <summary>Bounds the read under way and those to come: with <paramref name="firstByte"/> all of them together until the response head is there, else each.</summary>
    public void SetReadTimeout(TimeSpan timeout, bool firstByte)
    {
        _headUntil = firstByte && timeout > TimeSpan.Zero ? Loop.Now + (long)timeout.TotalMilliseconds : 0;
        _input.SetTimeout(timeout, firstByte ? DeadlineKind.FirstByte : DeadlineKind.BetweenBytes);
    }

    /// <summary>Bounds every flush from now on.</summary>
    public void SetWriteTimeout(TimeSpan timeout) => _output.SetTimeout(timeout);

    /// <summary>Reads response bytes; the first call after a lease completes the read that was pending while idle.</summary>
    public ValueTask<ReadResult> ReadAsync()
    {
        switch (_parkedState)
        {
            case ParkedRead.Done:
                _parkedState = ParkedRead.None;
                return new ValueTask<ReadResult>(_parkedResult);
            case ParkedRead.Pending:
                _parkedState = ParkedRead.Awaited;
                _source.Reset();
                return new ValueTask<ReadResult>(this, _source.Version);
            default:
                return _input.ReadAsync();
        }
    }

    /// <summary>Reads more of the response head, under what is left of its time: an origin that sends a byte now and then does not move it.</summary>
    public ValueTask<ReadResult> ReadMoreAsync()
    {
        if (_headUntil > 0)
        {
            _input.SetTimeout(TimeSpan.FromMilliseconds(Math.Max(1, _headUntil - Loop.Now)), DeadlineKind.FirstByte);
        }

        return _input.ReadAsync();
    }

    /// <summary>Takes the connection off the shelf for a request.</summary>
    /// <returns>False when it ended in the meantime or is too old; it is closed then.</returns>
    public bool TryLease()
    {
        Loop.AssertInside();
        _idle.Clear();
        if (State != UpstreamState.Idle)
        {
            return false;
        }

        if (IsTooOld())
        {
            Close(UpstreamCloseReason.MaxAge);
            return false;
        }

        Enter(UpstreamState.Busy);
        _uses++;
        return true;
    }

    /// <summary>The exchange ended cleanly: the connection may serve another.</summary>
    public void Return()
    {
        Loop.AssertInside();
        if (State != UpstreamState.Busy)
        {
            return;
        }

        if (_pool.Retired || IsTooOld())
        {
            Close(_pool.Retired ? UpstreamCloseReason.Retired : UpstreamCloseReason.MaxAge);
            return;
        }

        // Statement order is important: the pending read may end at once, and must find the connection idle but not on the shelf.
        _input.SetTimeout(Timeout.InfiniteTimeSpan, DeadlineKind.None);
        _output.SetTimeout(Timeout.InfiniteTimeSpan);
        if (_input.BufferedBytes > 0 || (_parkedState != ParkedRead.Pending && !TryPark()))
        {
            Close(UpstreamCloseReason.UnexpectedBytes);
            return;
        }

        Enter(UpstreamState.Idle);
        if (!_pool.TryPutBack(this))
        {
            Close(UpstreamCloseReason.Retired);
        }
        else if (State == UpstreamState.Idle)
        {
            _idle.Set(_pool.Config.IdleTimeout, DeadlineKind.Idle);
        }
    }

    /// <summary>Ends the connection, whatever its state; its place under the cap is free.</summary>
    public void Close(UpstreamCloseReason reason)
    {
        Loop.AssertInside();
        if (State == UpstreamState.Closed)
        {
            return;
        }

        if (State == UpstreamState.Idle)
        {
            _pool.Remove(this);
        }

        Enter(UpstreamState.Closed);
        CloseReason = reason;
        _idle.Clear();
        _stream.Close();
        if (_parkedState is ParkedRead.None or ParkedRead.Done)
        {
            _input.Complete();
        }

        _output.Complete();
        _pool.ReleaseSlot(Loop);
    }

    /// <summary>Why it was closed.</summary>
    public UpstreamCloseReason CloseReason { get; private set; }

    /// <summary>Ends what is under way at once; the pending read completes. The lease still has to be discarded.</summary>
    public void Abort() => _stream.Abort();

    /// <summary>Ends our side in order; reading goes on. Only for a tunnel: a connection that carries requests is of no use afterwards.</summary>
    public void ShutdownSend() => _stream.ShutdownSend();

    /// <summary>What the ended stream says about the origin. Call when a read completed without a response byte.</summary>
    public Failure Describe()
    {
        if (_stream is SecuredStream { Failure: { } failure })
        {
            return failure;
        }

        var origin = Key.Origin;
        return _input.Status switch
        {
            IoStatus.TimedOut => new Failure(Outcome.ResponseTimeout, $"{origin} sent no response head in time.", "Look at the origin, or raise timeouts.firstByte."),
            IoStatus.Reset => new Failure(AfterSilence, $"{origin} reset the connection before a response byte.", NextAfterSilence()),
            _ => new Failure(AfterSilence, $"{origin} closed the connection before a response byte.", NextAfterSilence()),
        };
    }

    // An origin may refuse a certificate without an alert, so on a new connection the end belongs to TLS.
    private Outcome AfterSilence => IsFirstUse && Key.Identity is not null ? Outcome.ClosedUnconfirmed : Outcome.ConnectionTerminated;

    private string NextAfterSilence() => Key.Identity is { } identity && IsFirstUse
        ? $"The handshake had ended; an origin that refuses certificate '{identity.Name}' without an alert looks like this. Look at its log and its trust store."
        : "Look at the origin's log for this time.";

    // The one place where the state changes.
    private void Enter(UpstreamState next)
    {
        _counters.UpstreamMoved(PhaseOf(State), PhaseOf(next));
        State = next;
    }

    private static UpstreamPhase PhaseOf(UpstreamState state) => state switch
    {
        UpstreamState.Busy => UpstreamPhase.Busy,
        UpstreamState.Idle => UpstreamPhase.Idle,
        _ => UpstreamPhase.None,
    };

    private bool IsTooOld()
        => Loop.Now - _openedAt >= _pool.Config.MaxAge.TotalMilliseconds || Loop.Time.GetUtcNow() >= _pool.NotAfter;

    // Starts the read that stays pending while idle. False: something is there already.
    private bool TryPark()
    {
        if (_parkedState == ParkedRead.Done)
        {
            return false;
        }

#pragma warning disable CA2012 // The awaiter is consumed once: here when it is done, else in OnParkedRead.
        _parked = _input.ReadAsync().GetAwaiter();
#pragma warning restore CA2012
        if (_parked.IsCompleted)
        {
            _parked.GetResult();
            return false;
        }

        _parkedState = ParkedRead.Pending;
        _parked.UnsafeOnCompleted(_onParkedRead);
        return true;
    }

    private void OnParkedRead()
    {
        _parkedResult = _parked.GetResult();
        var awaited = _parkedState == ParkedRead.Awaited;
        _parkedState = awaited ? ParkedRead.None : ParkedRead.Done;
        switch (State)
        {
            case UpstreamState.Idle:
                Close(_parkedResult.IsCompleted ? UpstreamCloseReason.OriginClosed : UpstreamCloseReason.UnexpectedBytes);
                _input.Complete();
                break;
            case UpstreamState.Closed when !awaited:
                _input.Complete();
                break;
            default:
                if (awaited)
                {
                    _source.SetResult(_parkedResult);
                }

                break;
        }
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind) => Close(UpstreamCloseReason.IdleTimeout);

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _source.OnCompleted(continuation, state, token, flags);

    private enum ParkedRead : byte
    {
        None,
        Pending,
        Awaited,
        Done,
    }
}
