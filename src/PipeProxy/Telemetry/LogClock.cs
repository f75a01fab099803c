namespace PipeProxy.Telemetry;

/// <summary>The time as the access log writes it, in UTC. All but the milliseconds is formatted once a second.</summary>
/// <remarks>Not thread-safe; each loop's buffer and the writer have their own.</remarks>
internal sealed class LogClock(TimeProvider time)
{
    private readonly byte[] _iso = "0000-00-00T00:00:00.000Z"u8.ToArray();
    private readonly byte[] _common = "00/Jan/0000:00:00:00 +0000"u8.ToArray();
    private long _second = -1;

    /// <summary>ISO 8601 with milliseconds: <c>2026-01-31T23:59:59.999Z</c>. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Iso()
    {
        var ticks = Refresh();
        Digits(_iso, 20, 3, (int)(ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMillisecond));
        return _iso;
    }

    /// <summary>The form of the combined format: <c>31/Jan/2026:23:59:59 +0000</c>. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Common()
    {
        Refresh();
        return _common;
    }

    private long Refresh()
    {
        var ticks = time.GetUtcNow().UtcTicks;
        var second = ticks / TimeSpan.TicksPerSecond;
        if (second != _second)
        {
            _second = second;
            Format(new DateTime(ticks, DateTimeKind.Utc));
        }

        return ticks;
    }

    private void Format(DateTime now)
    {
        Digits(_iso, 0, 4, now.Year);
        Digits(_iso, 5, 2, now.Month);
        Digits(_iso, 8, 2, now.Day);
        Digits(_common, 0, 2, now.Day);
        "JanFebMarAprMayJunJulAugSepOctNovDec"u8.Slice((now.Month - 1) * 3, 3).CopyTo(_common.AsSpan(3));
        Digits(_common, 7, 4, now.Year);
        FormatTimeOfDay(_iso.AsSpan(11), now);
        FormatTimeOfDay(_common.AsSpan(12), now);
    }

    private static void FormatTimeOfDay(Span<byte> target, DateTime now)
    {
        Digits(target, 0, 2, now.Hour);
        Digits(target, 3, 2, now.Minute);
        Digits(target, 6, 2, now.Second);
    }

    private static void Digits(Span<byte> target, int at, int count, int value)
    {
        for (var i = at + count - 1; i >= at; i--, value /= 10)
        {
            target[i] = (byte)('0' + (value % 10));
        }
    }
}
