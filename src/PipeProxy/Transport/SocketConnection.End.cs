namespace PipeProxy.Transport;

/// <content>How it ends: our side, in order behind all that was written, or with a reset.</content>
internal sealed partial class SocketConnection : IDeadlineOwner
{
    /// <summary>How long a connection that was closed in order waits for its peer to take more of what was written; then it is reset.</summary>
    internal static readonly TimeSpan WaitsAfterClose = TimeSpan.FromSeconds(60);

    private bool _closing;
    private Deadline? _closeLate;

    internal override void ShutdownSend()
    {
        Loop.AssertInside();
        if (IsClosed || _shutdownAsked)
        {
            return;
        }

        SendWritten();
        _shutdownAsked = true;
        if (!_sending && _sendStatus == IoStatus.Ok)
        {
            _socket.ShutdownSend();
        }
    }

    internal override void Close()
    {
        Loop.AssertInside();
        if (IsClosed)
        {
            return;
        }

        SendHeld();
        if (!_sending)
        {
            EndSocket();
            return;
        }

        // The FIN comes behind all that was written and never in its place: for the peer it would be the end of a whole answer.
        _closing = _shutdownAsked = true;
        _socket.EndReceive();
        _closeLate = new Deadline(Loop, this);
        _closeLate.Set(WaitsAfterClose, DeadlineKind.Drain);
    }

    internal override void Abort()
    {
        Loop.AssertInside();
        if (_socket.IsClosed)
        {
            return;
        }

        if (_held)
        {
            // It was flushed: what the reset cuts short is what came after.
            SendHeld();
        }

        _socket.Abort();
        Ended();
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind) => Abort();

    // What could not be sent is missing, so that its end must not look like one.
    private void EndSocket()
    {
        if (_sendStatus == IoStatus.Ok)
        {
            _socket.Close();
        }
        else
        {
            _socket.Abort();
        }

        Ended();
    }

    // From here on nothing is sent. While a send is under way the blocks are the system's; its end clears them.
    private void Ended()
    {
        if (_sendStatus == IoStatus.Ok)
        {
            _sendStatus = IoStatus.Aborted;
        }

        if (!_sending)
        {
            _out.Clear();
        }
    }
}
