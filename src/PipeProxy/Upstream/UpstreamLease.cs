using PipeProxy.Telemetry;

namespace PipeProxy.Upstream;

/// <summary>A connection borrowed for one exchange, or why there is none. Ends in exactly one of <see cref="Return"/> and <see cref="Discard"/>.</summary>
internal readonly struct UpstreamLease
{
    /// <summary>A granted lease.</summary>
    public UpstreamLease(UpstreamConnection connection)
    {
        Connection = connection;
    }

    /// <summary>A refused one.</summary>
    public UpstreamLease(Failure failure)
    {
        Connection = null!;
        Failure = failure;
    }

    /// <summary>Why there is no connection; null when there is one.</summary>
    public Failure? Failure { get; }

    /// <summary>The connection; only when <see cref="Failure"/> is null.</summary>
    public UpstreamConnection Connection { get; }

    /// <summary>The exchange ended cleanly and both sides may use the connection again.</summary>
    public void Return() => Connection.Return();

    /// <summary>The connection is not used again: something failed, bytes are in doubt, or a side asked for its end.</summary>
    public void Discard() => Connection.Close(UpstreamCloseReason.Discarded);
}
