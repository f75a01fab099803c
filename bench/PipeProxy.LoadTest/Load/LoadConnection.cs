using PipeProxy.LoadTest.Http;
using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>One client: a connection that sends a request and reads its answer, and is made anew when it was closed.</summary>
/// <remarks>
/// Belongs to one loop. A read is always pending while the connection is open, also between requests: so the end of an idle connection is seen when it comes, and an answer is read while a large request is still going out.
/// Closing happens in the reading method only, when no read is pending; everybody else resets the stream and lets that method find out.
/// </remarks>
internal sealed partial class LoadConnection(Lane lane, int number)
{
    private const int FirstBufferBytes = 4 * 1024;

    private ResponseReader _reader;
    private byte[] _buffer = [];
    private int _end;
    private LoopStream? _stream;
    private LoopTarget? _target;
    private int _served;
    private long _startedAt;
    private long _sentAt;
    private int _epoch;
    private bool _busy;
    private bool _opening;
    private bool _flushing;
    private bool _late;
    private IoStatus _sendStatus;

    /// <summary>When the request began that waits for an answer which counts; null when none does.</summary>
    internal long? WaitsSince => _busy && IsCounted ? _startedAt : null;

    // Whether the request is of those that are measured.
    private bool IsCounted => _epoch == lane.Epoch;

    /// <summary>Opens the connection ahead of the first request.</summary>
    internal void Prepare()
    {
        if (_stream is null && !_opening)
        {
            _opening = true;
            _ = OpenAsync();
        }
    }

    /// <summary>Sends the next request, over a new connection if there is none.</summary>
    /// <param name="start">The moment that its latency counts from.</param>
    /// <param name="now">The moment that its timeout counts from.</param>
    internal void Begin(long start, long now)
    {
        _busy = true;
        _startedAt = start;
        _epoch = lane.Epoch;
        lane.Busy++;
        if (_stream is not null)
        {
            Send(_stream, now);
        }
        else if (!_opening)
        {
            // Deferred, so that a server that closes after each answer does not make one call out of all connections.
            _opening = true;
            lane.Loop.Defer(static self => _ = ((LoadConnection)self!).OpenAsync(), this);
        }
    }

    /// <summary>Resets the connection when its request has waited too long.</summary>
    internal void CheckTimeout(long now)
    {
        if (_busy && _stream is not null && !_late && now - _sentAt > lane.Timeout)
        {
            _late = true;
            _stream.Abort();
        }
    }

    /// <summary>The run ends, and what is under way had no answer.</summary>
    internal void GiveUp()
    {
        if (_busy && IsCounted)
        {
            lane.Owner.Tally.Failed(SocketErrorKind.Timeout, "no answer until the run ended");
        }
    }

    private async Task OpenAsync()
    {
        var begun = Clock.Now;
        var result = await lane.Dialer.OpenAsync(lane.Loop, number);
        _opening = false;
        if (result.Stream is not { } stream)
        {
            Fail(result.Kind, result.Reason);
            return;
        }

        var now = Clock.Now;
        if (now <= lane.Owner.CutOff)
        {
            lane.Owner.Tally.Connected(now - begun);
        }

        (_stream, _served, _end, _flushing, _sendStatus) = (stream, 0, 0, false, IoStatus.Ok);
        if (_buffer.Length == 0)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(FirstBufferBytes);
        }

        if (_busy)
        {
            Send(stream, now);
        }
        else
        {
            lane.Prepared();
        }

        await ReadAsync(stream);
    }

    private void Send(LoopStream stream, long now)
    {
        var target = lane.NextTarget();
        _target = target;
        _sentAt = now;
        stream.Write(lane.RequestsPerConnection == _served + 1 ? target.LastRequest : target.Request);
        var flush = stream.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            _sendStatus = flush.Result;
        }
        else
        {
            _flushing = true;
            _ = FinishFlushAsync(stream, flush);
        }
    }

    private async Task FinishFlushAsync(LoopStream stream, ValueTask<IoStatus> flush)
    {
        var status = await flush;
        if (_stream == stream)
        {
            (_flushing, _sendStatus) = (false, status);
        }
    }
}
