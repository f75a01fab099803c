using System.Runtime.CompilerServices;
using PipeProxy.LoadTest.Http;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

/// <summary>One client: a connection that sends a request and reads its answer, and is made anew when it was closed.</summary>
/// <remarks>
/// Belongs to one loop. A read is always pending while the connection is open, also between requests: so the end of an idle connection is seen when it comes, and an answer is read while a large request is still going out.
/// Closing happens in the reading method only, when no read is pending; everybody else resets the stream and lets that method find out.
/// </remarks>
internal sealed class LoadConnection(Lane lane, int number)
{
    private const int FirstBufferBytes = 4 * 1024;
    private const int LargestBufferBytes = 256 * 1024;

    private ResponseReader _reader;
    private byte[] _buffer = [];
    private int _end;
    private LoopStream? _stream;
    private LoopTarget? _target;
    private int _served;
    private long _startedAt;
    private long _sentAt;
    private bool _busy;
    private bool _opening;
    private bool _flushing;
    private bool _late;
    private IoStatus _sendStatus;

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
    internal void CheckTimeout(long now, long timeout)
    {
        if (_busy && _stream is not null && !_late && now - _sentAt > timeout)
        {
            _late = true;
            _stream.Abort();
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
        lane.Owner.Tally.Connected(now - begun);
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
            lane.Prepared(this);
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
            _sendStatus = flush.Result.Status;
        }
        else
        {
            _flushing = true;
            _ = FinishFlushAsync(stream, flush);
        }
    }

    private async Task FinishFlushAsync(LoopStream stream, ValueTask<IoResult> flush)
    {
        var result = await flush;
        if (_stream == stream)
        {
            (_flushing, _sendStatus) = (false, result.Status);
        }
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder))]
    private async ValueTask ReadAsync(LoopStream stream)
    {
        while (_stream == stream)
        {
            var result = await stream.ReadAsync(_buffer.AsMemory(_end));
            if (result.IsOk)
            {
                Received(result.Bytes);
            }
            else
            {
                Ended(stream, result.Status);
            }
        }
    }

    private void Received(int bytes)
    {
        lane.Owner.Tally.Bytes += bytes;
        _end += bytes;
        if (!_busy)
        {
            Refuse("bytes that no request asked for");
            return;
        }

        switch (_reader.Read(_buffer.AsSpan(0, _end), _target!.LastHead, out var consumed))
        {
            case ReadStatus.Done when consumed == _end:
                Answered(_reader.Head.KeepAlive);
                break;

            case ReadStatus.Done:
                Refuse("more bytes than the answer has");
                break;

            case ReadStatus.Rejected:
                Refuse(_reader.Wrong!);
                break;

            default:
                Keep(consumed);
                break;
        }
    }

    // What was not consumed moves to the front, and the buffer grows to what is to come: large bodies in few reads, ten thousand small ones in little memory.
    private void Keep(int consumed)
    {
        var left = _end - consumed;
        var wanted = Math.Min(Math.Max(left + 1, _reader.Left), LargestBufferBytes);
        var target = _buffer;
        if (wanted > _buffer.Length)
        {
            target = GC.AllocateUninitializedArray<byte>((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wanted));
        }

        _buffer.AsSpan(consumed, left).CopyTo(target);
        (_buffer, _end) = (target, left);
    }

    private void Answered(bool keepAlive)
    {
        var now = Clock.Now;
        _end = 0;
        _busy = false;
        _served++;
        lane.Busy--;
        lane.Owner.Tally.Answered(_reader.Head.Status, now - _startedAt);
        if (!keepAlive || _served == lane.RequestsPerConnection || _flushing || _sendStatus != IoStatus.Ok)
        {
            Close();
        }

        lane.Next(this, now);
    }

    private void Ended(LoopStream stream, IoStatus status)
    {
        var begun = _reader.HasBegun;
        if (_busy && status == IoStatus.End && _reader.TryEnd())
        {
            Answered(keepAlive: false);
            return;
        }

        var late = _late;
        Close();
        if (!_busy)
        {
            // An idle connection that the other side closed; the next request opens another.
            return;
        }

        if (late)
        {
            Fail(SocketErrorKind.Timeout, begun ? "the answer was not whole in time" : "no answer in time");
        }
        else if (status is IoStatus.TlsAlert or IoStatus.TlsProtocol or IoStatus.TlsCertificate)
        {
            Fail(SocketErrorKind.Tls, (stream as TlsConnection)?.Failure?.Detail ?? Words.Of(status));
        }
        else if (_sendStatus != IoStatus.Ok && !begun)
        {
            Fail(SocketErrorKind.Write, Words.Of(_sendStatus));
        }
        else
        {
            Fail(SocketErrorKind.Read, $"{Words.Of(status)} {(begun ? "within the answer" : "before the answer")}");
        }
    }

    private void Fail(SocketErrorKind kind, string reason)
    {
        if (lane.Owner.IsStopping)
        {
            return;
        }

        lane.Owner.Tally.Failed(kind, reason);
        End(kind);
    }

    private void Refuse(string wrong)
    {
        lane.Owner.Tally.Refused(wrong);
        Close();
        End(null);
    }

    private void End(SocketErrorKind? kind)
    {
        if (_busy)
        {
            _busy = false;
            lane.Busy--;
            lane.Failed(this, kind);
        }
        else if (kind is not null)
        {
            // It was opened ahead and could not be.
            lane.Prepared(this);
        }
    }

    private void Close()
    {
        _stream?.Close();
        _stream = null;
        _late = false;
        _reader.Reset();
    }
}
