using System.Threading.Tasks.Sources;

namespace PipeProxy.Transport;

/// <summary>The receive, or the send or connect, that waits on a socket or a connection; made once per direction and used again.</summary>
internal sealed class LoopOperation : IValueTaskSource<IoResult>, IValueTaskSource<IoStatus>
{
    private ManualResetValueTaskSourceCore<IoResult> _core;

    /// <summary>Somebody waits.</summary>
    internal bool InFlight { get; private set; }

    internal ValueTask<IoResult> Pending()
    {
        InFlight = true;
        return new ValueTask<IoResult>(this, _core.Version);
    }

    internal ValueTask<IoStatus> PendingStatus()
    {
        InFlight = true;
        return new ValueTask<IoStatus>(this, _core.Version);
    }

    /// <summary>Resumes whoever waits, here and now.</summary>
    internal void Complete(IoResult result)
    {
        InFlight = false;
        _core.SetResult(result);
    }

    /// <summary>The connection was closed by us; nobody may be waiting.</summary>
    internal void Abort()
    {
        if (InFlight)
        {
            Complete(new IoResult(0, IoStatus.Aborted));
        }
    }

    public IoResult GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        return result;
    }

    IoStatus IValueTaskSource<IoStatus>.GetResult(short token) => GetResult(token).Status;

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);
}
