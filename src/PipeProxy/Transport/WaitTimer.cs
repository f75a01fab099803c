namespace PipeProxy.Transport;

/// <summary>Ends a loop's wait in time: a descriptor that becomes readable then, and stays set over all waits that end before.</summary>
/// <remarks>
/// A wait's own time limit is set and cleared by the kernel whenever the loop sleeps, thousands of times between two ticks, and each may program the clock of the machine, which a virtual one has to ask its host for.
/// It only ever ends a wait too early, which costs a round: a loop whose next tick is moved moves it to later. Belongs to one loop.
/// </remarks>
internal sealed unsafe class WaitTimer : IDisposable
{
    private const int Monotonic = 1;

    private readonly int _descriptor;
    private bool _isSet;

    /// <summary>Takes a descriptor over.</summary>
    internal WaitTimer(int descriptor) => _descriptor = descriptor;

    /// <summary>To be watched for edges; it is not read.</summary>
    internal int Descriptor => _descriptor;

    /// <summary>Opens one.</summary>
    /// <returns>Null when the system gives none.</returns>
    internal static WaitTimer? TryOpen()
    {
        var descriptor = Libc.TimerDescriptor(Monotonic, Libc.SocketCloseOnExec | Libc.SocketNonBlocking);
        return descriptor < 0 ? null : new WaitTimer(descriptor);
    }

    /// <summary>Has a wait that begins now end within this time.</summary>
    /// <param name="milliseconds">0: without a wait. -1: whenever something happens.</param>
    /// <returns>The limit that is left for the wait itself: the same, or -1 where the timer sees to it.</returns>
    internal int Limit(int milliseconds)
    {
        if (milliseconds <= 0)
        {
            return milliseconds;
        }

        if (!_isSet)
        {
            // An interval of none, and the time until it passes.
            var times = stackalloc long[4] { 0, 0, milliseconds / 1000, milliseconds % 1000 * 1_000_000L };
            _isSet = Libc.SetTimer(_descriptor, 0, times, null) == 0;
        }

        return _isSet ? Timeout.Infinite : milliseconds;
    }

    /// <summary>It has passed.</summary>
    internal void Pass() => _isSet = false;

    public void Dispose() => _ = Libc.Close(_descriptor);
}
