using PipeProxy.Configuration;

namespace PipeProxy.Telemetry;

/// <summary>One loop's way into the access log: formats entries into a pair of segments that the log's writer empties.</summary>
/// <remarks><see cref="TryWrite"/> belongs to one loop, <see cref="Drain"/> to the writer; <see cref="Dropped"/> may be read by anyone.</remarks>
internal sealed class AccessLogBuffer
{
    private readonly AccessLog _log;
    private readonly AccessLogFormat _format;
    private readonly LogClock _clock;
    private readonly AccessLogSegment[] _segments;
    private AccessLogSegment _filling;
    private int _draining;
    private long _dropped;

    internal AccessLogBuffer(AccessLog log, AccessLogFormat format, TimeProvider time, int segmentBytes)
    {
        _log = log;
        _format = format;
        _clock = new LogClock(time);
        _segments = [new AccessLogSegment(segmentBytes), new AccessLogSegment(segmentBytes)];
        _filling = _segments[0];
    }

    /// <summary>Entries that found no room.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Formats <paramref name="entry"/>. Costs no allocation, no lock and no I/O.</summary>
    /// <returns>False when the writer is behind and the entry was dropped; the log tells how many were.</returns>
    public bool TryWrite(in AccessLogEntry entry)
    {
        if (TryFormat(in entry) || (TrySwitch() && TryFormat(in entry)))
        {
            return true;
        }

        Volatile.Write(ref _dropped, _dropped + 1);
        return false;
    }

    /// <summary>Writer: writes what is there, with one call a segment. Takes no more than both, so that other loops have their turn.</summary>
    internal void Drain(AccessLogFile file)
    {
        for (var i = 0; i < _segments.Length && _segments[_draining].Drain(file); i++)
        {
            _draining ^= 1;
        }
    }

    private bool TryFormat(in AccessLogEntry entry)
    {
        var line = new LogLine(_filling.Room);
        AccessLogLine.Write(ref line, _format, _clock, in entry);
        if (line.Overflowed)
        {
            return false;
        }

        if (_filling.Publish(line.Length))
        {
            _log.Signal();
        }

        return true;
    }

    private bool TrySwitch()
    {
        var other = ReferenceEquals(_filling, _segments[0]) ? _segments[1] : _segments[0];
        if (_filling.Length == 0 || !other.IsFree)
        {
            return false;
        }

        _filling.End();
        _filling = other;
        _log.Signal();
        return true;
    }
}
