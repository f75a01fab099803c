using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace PipeProxy.Transport;

/// <summary>One receive, send or connect of a <see cref="SystemSocket"/>; made once per direction and used again for every operation.</summary>
/// <remarks>The system completes on some thread of the pool, which only posts; result and continuation run on the loop.</remarks>
internal sealed class SocketOperation(SystemSocket socket) : SocketAsyncEventArgs(true), IValueTaskSource<IoResult>
{
    private ManualResetValueTaskSourceCore<IoResult> _core;

    /// <summary>Started and not yet come back to the loop; its buffers are the system's.</summary>
    internal bool InFlight { get; private set; }

    /// <summary>The caller saw that the operation did not complete synchronously.</summary>
    internal ValueTask<IoResult> Pending()
    {
        InFlight = true;
        return new ValueTask<IoResult>(this, _core.Version);
    }

    protected override void OnCompleted(SocketAsyncEventArgs e) => socket.Loop.Post(static state => ((SocketOperation)state!).Complete(), this);

    public IoResult GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    private void Complete()
    {
        InFlight = false;
        var result = socket.ResultOf(this);
        socket.OnOperationEnded();
        _core.SetResult(result);
    }
}
