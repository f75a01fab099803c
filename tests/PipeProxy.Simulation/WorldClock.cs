namespace PipeProxy.Simulation;

/// <summary>A world's time as the proxy sees it.</summary>
internal sealed class WorldClock(World world) : TimeProvider
{
    /// <summary>When every world begins.</summary>
    internal static readonly DateTimeOffset Beginning = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => 1_000_000;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => world.Now;

    public override DateTimeOffset GetUtcNow() => Beginning.AddTicks(world.Now * TimeSpan.TicksPerMicrosecond);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WorldTimer(world, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class WorldTimer(World world, TimerCallback callback, object? state) : Occurrence, ITimer
    {
        private long _due = -1;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            _due = dueTime < TimeSpan.Zero ? -1 : world.Now + (long)dueTime.TotalMicroseconds;
            if (_due >= 0)
            {
                world.At(_due, this);
            }

            return true;
        }

        public void Dispose() => _due = -1;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        internal override void Happen(long now)
        {
            // One that was changed meanwhile has another entry.
            if (now == _due)
            {
                _due = -1;
                if (_period > TimeSpan.Zero)
                {
                    Change(_period, _period);
                }

                callback(state);
            }
        }
    }
}
