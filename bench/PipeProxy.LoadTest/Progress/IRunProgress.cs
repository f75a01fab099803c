using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest.Progress;

/// <summary>Is told how a run goes on. Called by one thread at a time.</summary>
internal interface IRunProgress
{
    void Connecting(int connections);

    void WarmingUp(TimeSpan time);

    /// <summary>An interval has ended.</summary>
    /// <param name="interval">It.</param>
    /// <param name="total">All so far; read during the call only.</param>
    void Measured(IntervalResult interval, Tally total);

    void Ended();
}
