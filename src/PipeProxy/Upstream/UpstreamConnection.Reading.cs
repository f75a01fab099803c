using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <content>Bytes of an exchange, and the read that is pending while there is none: handed over with the lease, it <em>is</em> the first response read.</content>
internal sealed partial class UpstreamConnection : IValueTaskSource<ReadResult>
{
    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private ValueTaskAwaiter<ReadResult> _parked;
    private ReadResult _parkedResult;
    private ParkedRead _parkedState;

    /// <summary>Response bytes after those of the first <see cref="ReadAsync"/>.</summary>
    public PipeReader Input => _input;

    /// <summary>Request bytes.</summary>
    public PipeWriter Output => _output;

    /// <summary>Flushes <see cref="Output"/>, and completes when the system has taken everything: before our side is ended.</summary>
    public ValueTask<FlushResult> SendAllAsync() => _output.SendAllAsync();

    /// <summary>A deadline of ours ended the connection.</summary>
    public bool TimedOut => _input.TimedOut != DeadlineKind.None || _output.TimedOut;

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

    // Nobody's now: waits for the next request, or for the origin's end.
    private void Shelve()
    {
        // Statement order is important: the pending read may end at once, and must find the connection nobody's but not on the shelf.
        _shelved = true;
        _input.SetTimeout(Timeout.InfiniteTimeSpan, DeadlineKind.None);
        _output.SetTimeout(Timeout.InfiniteTimeSpan);
        if (_input.BufferedBytes > 0 || (_parkedState != ParkedRead.Pending && !TryPark()))
        {
            Close(_input.Status == IoStatus.Ok ? UpstreamCloseReason.UnexpectedBytes : UpstreamCloseReason.OriginClosed);
            return;
        }

        if (!_pool.TryPutBack(this))
        {
            Close(_pool.Retired ? UpstreamCloseReason.Retired : UpstreamCloseReason.NeededElsewhere);
        }
        else if (!_lent && State != UpstreamState.Closed)
        {
            var idle = _pool.Config.IdleTimeout;
            _idle.Set(_announcedIdle < idle || (idle == TimeSpan.Zero && _announcedIdle < TimeSpan.MaxValue) ? _announcedIdle : idle, DeadlineKind.Idle);
        }
    }

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
        SpokeUnasked = _lent && _leasedIn == Loop.Outbox.Turn;
        _parkedState = awaited ? ParkedRead.None : ParkedRead.Done;
        if (State == UpstreamState.Closed)
        {
            if (awaited)
            {
                _source.SetResult(_parkedResult);
            }
            else
            {
                _input.Complete();
            }
        }
        else if (!_lent)
        {
            Close(_parkedResult.IsCompleted ? UpstreamCloseReason.OriginClosed : UpstreamCloseReason.UnexpectedBytes);
        }
        else if (awaited)
        {
            _source.SetResult(_parkedResult);
        }
    }

    // A pending read holds the buffer until it completes.
    private void CompleteInput()
    {
        if (_parkedState is ParkedRead.None or ParkedRead.Done)
        {
            _input.Complete();
        }
    }

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
