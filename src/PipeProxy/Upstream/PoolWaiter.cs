using System.Threading.Tasks.Sources;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>One request that stands in line for a connection. Loop-owned.</summary>
/// <remarks>The answer goes through the loop's run queue: a connection that comes back must not run the next request on top of its own.</remarks>
internal sealed class PoolWaiter : IValueTaskSource<PoolAnswer>, IDeadlineOwner
{
    private readonly KeyPool _pool;
    private readonly EventLoop _loop;
    private readonly Deadline _deadline;
    private ManualResetValueTaskSourceCore<PoolAnswer> _source;
    private PoolAnswer _answer;
    private bool _answered;

    /// <summary>Starts waiting on <paramref name="loop"/>, at most for <paramref name="timeout"/>.</summary>
    public PoolWaiter(KeyPool pool, EventLoop loop, TimeSpan timeout)
    {
        _pool = pool;
        _loop = loop;
        _deadline = new Deadline(loop, this);
        _deadline.Set(timeout, DeadlineKind.Queue);
    }

    /// <summary>Completes with a connection, with a free place, or with neither when the deadline passed. Await once.</summary>
    public ValueTask<PoolAnswer> Answer => new(this, _source.Version);

    /// <summary>Gives the waiter a connection (already leased) or, with null, a place under the cap.</summary>
    /// <returns>False when it has given up already.</returns>
    public bool TryAnswer(UpstreamConnection? connection) => TryComplete(new PoolAnswer(connection, TimedOut: false));

    void IDeadlineOwner.OnDeadline(DeadlineKind kind) => TryComplete(new PoolAnswer(null, TimedOut: true));

    private bool TryComplete(PoolAnswer answer)
    {
        if (_answered)
        {
            return false;
        }

        // From here on nobody needs to give anything up for this waiter, although it has not run yet.
        _pool.Answered();
        _answered = true;
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
/// <param name="Connection">A leased connection, or null.</param>
/// <param name="TimedOut">The queue's deadline passed; otherwise null means: a place is free, try again.</param>
internal readonly record struct PoolAnswer(UpstreamConnection? Connection, bool TimedOut);
