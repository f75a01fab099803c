using System.Runtime.CompilerServices;
using PipeProxy.LoadTest.Http;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.LoadTest.Load;

// What comes back: the answer, or what became of the connection instead.
internal sealed partial class LoadConnection
{
    private const int LargestBufferBytes = 256 * 1024;
    private const string Unasked = "bytes that no request asked for";

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
        var now = Clock.Now;
        if (IsCounted && now <= lane.Owner.CutOff)
        {
            lane.Owner.Tally.Bytes += bytes;
        }

        _end += bytes;
        if (!_busy)
        {
            ReceivedUnasked();
            return;
        }

        switch (_reader.Read(_buffer.AsSpan(0, _end), _target!.LastHead, out var consumed))
        {
            case ReadStatus.Done when consumed == _end:
                Answered(now, _reader.Head.KeepAlive);
                break;

            case ReadStatus.Done when UnaskedAnswer.Read(_buffer.AsSpan(consumed, _end - consumed)) == ReadStatus.Done:
                // It came so late that the server had given up waiting for another request meanwhile.
                Answered(now, keepAlive: false);
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

    private void ReceivedUnasked()
    {
        switch (UnaskedAnswer.Read(_buffer.AsSpan(0, _end)))
        {
            case ReadStatus.Done:
                // An idle connection that the other side closes; the next request opens another.
                Close();
                break;

            case ReadStatus.NeedMore:
                // Should a request begin now, this is read as its answer: so does every client that cannot know which came first.
                Keep(0);
                break;

            default:
                Refuse(Unasked);
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

    private void Answered(long now, bool keepAlive)
    {
        if (now - _sentAt > lane.Timeout)
        {
            Close();
            Fail(SocketErrorKind.Timeout, "the answer came too late");
            return;
        }

        _end = 0;
        _busy = false;
        _served++;
        if (IsCounted)
        {
            lane.Busy--;
            if (now <= lane.Owner.CutOff)
            {
                lane.Owner.Tally.Answered(_reader.Head.Status, now - _startedAt, now > lane.Owner.ScheduleEnd);
            }
        }

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
            Answered(Clock.Now, keepAlive: false);
            return;
        }

        if (!_busy && _end > 0)
        {
            Refuse(Unasked);
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

        if ((IsCounted || !_busy) && Clock.Now <= lane.Owner.CutOff)
        {
            lane.Owner.Tally.Failed(kind, reason);
        }

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
            lane.Busy -= IsCounted ? 1 : 0;
            lane.Failed(this, kind);
        }
        else if (kind is not null)
        {
            // It was opened ahead and could not be.
            lane.Prepared();
        }
    }

    private void Close()
    {
        _stream?.Close();
        _stream = null;
        _end = 0;
        _late = false;
        _reader.Reset();
    }
}
