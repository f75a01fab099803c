namespace PipeProxy.Transport;

/// <summary>What a deadline waits for; tells its owner what to do and the log what was late.</summary>
internal enum DeadlineKind : byte
{
    None,
    Connect,
    Handshake,
    RequestHead,
    FirstByte,
    BetweenBytes,
    KeepAlive,
    Idle,
    Verdict,
    Queue,
    Drain,
    MaxAge,
}

/// <summary>Is told, on the loop, that its deadline has passed.</summary>
internal interface IDeadlineOwner
{
    /// <summary>The deadline has passed and is no longer set; it may be set again from here.</summary>
    void OnDeadline(DeadlineKind kind);
}

/// <summary>A moment at which its owner is told. Reusable; setting one is a store and costs no allocation.</summary>
/// <remarks>Belongs to one loop. Accurate to a tick of 100 ms, never early.</remarks>
internal sealed class Deadline(EventLoop loop, IDeadlineOwner owner)
{
    /// <summary>Place in <see cref="DeadlineList"/>; -1 when not set.</summary>
    internal int Slot = -1;

    /// <summary>The loop's clock at which it passes, in milliseconds.</summary>
    internal long Due;

    /// <summary>What it waits for; <see cref="DeadlineKind.None"/> when not set.</summary>
    internal DeadlineKind Kind { get; private set; }

    /// <summary>Sets it, in place of what was set. Zero or <see cref="Timeout.InfiniteTimeSpan"/>: never.</summary>
    internal void Set(TimeSpan after, DeadlineKind kind)
    {
        loop.AssertInside();
        if (after <= TimeSpan.Zero)
        {
            Clear();
            return;
        }

        Kind = kind;
        Due = loop.Now + (long)Math.Min(Math.Ceiling(after.TotalMilliseconds), long.MaxValue / 4);
        if (Slot < 0)
        {
            loop.Deadlines.Add(this);
        }
    }

    /// <summary>Unsets it; the owner will not be told.</summary>
    internal void Clear()
    {
        loop.AssertInside();
        Kind = DeadlineKind.None;
        if (Slot >= 0)
        {
            loop.Deadlines.Remove(this);
        }
    }

    internal void Pass()
    {
        var kind = Kind;
        Clear();
        owner.OnDeadline(kind);
    }
}
