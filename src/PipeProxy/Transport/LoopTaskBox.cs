using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace PipeProxy.Transport;

/// <summary>Stands for a call of an async method that did not complete synchronously.</summary>
internal class LoopTaskBox<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _core;

    internal short Version => _core.Version;

    /// <summary>Resumes the method. Made once per box.</summary>
    internal Action MoveNextAction { get; private protected init; } = static () => { };

    internal void SetResult(TResult result) => _core.SetResult(result);

    internal void SetException(Exception exception) => _core.SetException(exception);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _core.OnCompleted(continuation, state, token, flags);

    public TResult GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            Return();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    private protected virtual void Return()
    {
    }
}

/// <summary>A box that holds the method's state machine; recycled on the thread that takes the result.</summary>
internal sealed class LoopTaskBox<TResult, TStateMachine> : LoopTaskBox<TResult>
    where TStateMachine : IAsyncStateMachine
{
    private const int Kept = 4096;

    // One stack per method and thread: a pop and a push, no lock. A method that starts on one loop and is awaited there comes back to the same stack.
    [ThreadStatic]
    private static Stack<LoopTaskBox<TResult, TStateMachine>>? _free;

    internal TStateMachine? StateMachine;

    private LoopTaskBox() => MoveNextAction = MoveNext;

    internal static LoopTaskBox<TResult, TStateMachine> Rent()
        => _free is { } free && free.TryPop(out var box) ? box : new LoopTaskBox<TResult, TStateMachine>();

    private protected override void Return()
    {
        // What the method held must not outlive it in the pool.
        StateMachine = default;
        var free = _free ??= new Stack<LoopTaskBox<TResult, TStateMachine>>();
        if (free.Count < Kept)
        {
            free.Push(this);
        }
    }

    private void MoveNext() => StateMachine!.MoveNext();
}
