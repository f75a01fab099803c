using System.Runtime.CompilerServices;

namespace PipeProxy.Transport;

/// <summary>Builds <c>async ValueTask</c> methods that run on loops without an allocation per call.</summary>
/// <remarks>
/// Put <c>[AsyncMethodBuilder(typeof(LoopTaskMethodBuilder))]</c> on the method. A method that completes synchronously costs nothing; one that suspends borrows a box from its thread and returns it when its result is taken.
/// <see cref="PoolingAsyncValueTaskMethodBuilder"/> keeps one box per thread and core; a loop has thousands of suspended requests. No ExecutionContext is captured or restored (loops have none), continuations run inline.
/// The ValueTask must be awaited once, at once, as every ValueTask.
/// </remarks>
internal struct LoopTaskMethodBuilder
{
    private LoopTaskMethodBuilder<Nothing> _inner;

    public ValueTask Task => _inner.UntypedTask;

    public static LoopTaskMethodBuilder Create() => default;

    public void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public void SetResult() => _inner.SetResult(default);

    public void SetException(Exception exception) => _inner.SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => _inner.AwaitOnCompleted(ref awaiter, ref stateMachine);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => _inner.AwaitUnsafeOnCompleted(ref awaiter, ref stateMachine);

    internal readonly struct Nothing;
}

/// <summary>Builds <c>async ValueTask&lt;T&gt;</c> methods that run on loops; see <see cref="LoopTaskMethodBuilder"/>.</summary>
internal struct LoopTaskMethodBuilder<TResult>
{
    // Null until the method suspends or fails: then the result, if any, is in _result.
    private LoopTaskBox<TResult>? _box;
    private TResult _result;

    public readonly ValueTask<TResult> Task => _box is null ? new(_result) : new(_box, _box.Version);

    internal readonly ValueTask UntypedTask => _box is null ? default : new(_box, _box.Version);

    public static LoopTaskMethodBuilder<TResult> Create() => default;

    public void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public void SetResult(TResult result)
    {
        if (_box is null)
        {
            _result = result;
        }
        else
        {
            _box.SetResult(result);
        }
    }

    public void SetException(Exception exception) => (_box ??= new LoopTaskBox<TResult>()).SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(BoxOf(ref stateMachine).MoveNextAction);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(BoxOf(ref stateMachine).MoveNextAction);

    private LoopTaskBox<TResult> BoxOf<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is null)
        {
            // Statement order is important: this builder is a field of the state machine, which is copied into the box together with it.
            var box = LoopTaskBox<TResult, TStateMachine>.Rent();
            _box = box;
            box.StateMachine = stateMachine;
        }

        return _box;
    }
}
