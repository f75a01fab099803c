namespace PipeProxy.Transport;

/// <content>While a large body flows, the system tells of it in batches: <c>SO_RCVLOWAT</c>.</content>
/// <remarks>
/// A sender that writes a record at a time wakes the receiver for each; a batch is one wake-up, one receive and one send onwards instead of three or four of each (docs/decisions/0017). Only bytes that certainly come are waited
/// for, only while they come faster than they are taken, and only shortly: a body that falters is told byte by byte from then on.
/// </remarks>
internal sealed partial class EpollSocket : IDeadlineOwner
{
    // The owner may have so many batches in its buffers that it still expects.
    private const int BatchesAbove = 3;

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(50);

    private Deadline? _batchLate;
    private int _lastReceived;
    private bool _batches;
    private bool _faltered;

    internal override void Expect(long bytes)
    {
        var batch = Loop.Sizes.BatchBytes;
        _faltered &= bytes > 0;
        var worthIt = batch > 0 && bytes >= BatchesAbove * batch && !_faltered && (_batches || _lastReceived >= batch / 4);
        if (worthIt != _batches && !IsClosed)
        {
            SetBatches(worthIt ? batch : 1);
        }
    }

    // Called before a wait.
    private void BoundBatch()
    {
        if (_batches)
        {
            (_batchLate ??= new Deadline(Loop, this)).Set(Longest, DeadlineKind.BetweenBytes);
        }
    }

    void IDeadlineOwner.OnDeadline(DeadlineKind kind)
    {
        // What is there already comes with an edge of its own.
        _faltered = true;
        if (!IsClosed)
        {
            SetBatches(1);
        }
    }

    private void SetBatches(int bytes)
    {
        _batches = bytes > 1;
        _ = Libc.SetOption(_descriptor, Libc.LevelSocket, Libc.ReceiveLowWater, bytes);
    }
}
