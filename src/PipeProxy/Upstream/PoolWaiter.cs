using System.Threading.Tasks.Sources;
using PipeProxy.Telemetry;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>One request that stands in line for a connection, or for the verdict of somebody else's attempt to open one. Loop-owned.</summary>
/// <remarks>The answer goes through the loop's run queue: a connection that comes back must not run the next request on top of its own.</remarks>
internal sealed class PoolWaiter : IValueTaskSource<PoolAnswer>, IDeadlineOwner
{
    private readonly KeyPool? _line;
    private readonly EventLoop _loop;
    private readonly Deadline _deadline;
    private ManualResetValueTaskSourceCore<PoolAnswer> _source;
    private PoolAnswer _answer;

    /// <summary>Starts waiting on <paramref name="loop"/>, at most for <paramref name="timeout"/>.</summary>
    /// <param name="line">The pool whose places it waits for; null when it waits for a verdict, for which nobody needs to give anything up.</param>
    /// <param name="loop">The request's loop.</param>
    /// <param name="timeout">How long.</param>
    public PoolWaiter(KeyPool? line, EventLoop loop, TimeSpan timeout)
    {
        _line = line;
        _loop = loop;
        _deadline = new Deadline(loop, this);
        _deadline.Set(timeout, DeadlineKind.Queue);
    }

    /// <summary>Completes with a connection, with a free place, with a failure, or with none of them when the deadline passed. Await once.</summary>
    public ValueTask<PoolAnswer> Answer => new(this, _source.Version);

    /// <summary>It has its answer, or has given up.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Gives the waiter a connection, still to be leased, or with null the word to try again.</summary>
    /// <returns>False when it has given up already.</returns>
    public bool TryAnswer(UpstreamConnection? connection) => TryComplete(new PoolAnswer(connection));

    /// <summary>Shares the failure of the attempt that it waits for.</summary>
    public void Fail(Failure failure) => TryComplete(new PoolAnswer(null, Failure: failure));

    void IDeadlineOwner.OnDeadline(DeadlineKind kind) => TryComplete(new PoolAnswer(null, TimedOut: true));

    private bool TryComplete(PoolAnswer answer)
    {
        if (IsAnswered)
        {
            return false;
        }

        // From here on nobody needs to give anything up for this waiter, although it has not run yet.
        _line?.Answered();
        IsAnswered = true;
        _answer = answer;
        _deadline.Clear();
        _loop.Defer(static state => ((PoolWaiter)state!).Complete(), this);
        return true;
    }

    private void Complete() => _source.SetResult(_answer);

    PoolAnswer IValueTaskSource<PoolAnswer>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<PoolAnswer>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<PoolAnswer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _source.OnCompleted(continuation, state, token, flags);
}

/// <summary>What a waiter was given.</summary>
/// <param name="Connection">A connection, or null.</param>
/// <param name="TimedOut">The queue's deadline passed; otherwise no connection and no failure mean: try again.</param>
/// <param name="Failure">The verdict that was waited for.</param>
internal readonly record struct PoolAnswer(UpstreamConnection? Connection, bool TimedOut = false, Failure? Failure = null);
