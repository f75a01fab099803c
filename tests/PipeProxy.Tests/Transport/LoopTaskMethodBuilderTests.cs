using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class LoopTaskMethodBuilderTests
{
    private const int Suspended = 1000;

    [Fact]
    public async Task ManySuspendedMethods_AllocateNothingInSteadyState()
    {
        await using var loops = new TestLoops();
        var allocated = await loops.RunAsync(() => Task.FromResult(Measure()));

        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task SynchronousCompletion_GivesResult()
    {
        var call = AddAsync(new ValueTask<int>(1), 2);
        Assert.True(call.IsCompletedSuccessfully);
        Assert.Equal(3, await call);
    }

    [Fact]
    public async Task ExceptionBeforeSuspension_IsThrownByAwait()
    {
        var call = FailAsync(default);
        Assert.True(call.IsFaulted);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await call);
    }

    [Fact]
    public async Task ExceptionAfterSuspension_IsThrownByAwait()
    {
        var gate = new Gate();
        var call = FailAsync(gate.WaitAsync());
        Assert.False(call.IsCompleted);
        var caught = Assert.ThrowsAsync<InvalidDataException>(async () => await call);
        gate.Open(0);
        await caught;
    }

    private static long Measure()
    {
        var gates = new Gate[Suspended];
        for (var i = 0; i < Suspended; i++)
        {
            gates[i] = new Gate();
        }

        var counter = new Counter();
        RunAll(gates, counter);
        RunAll(gates, counter);
        var before = GC.GetAllocatedBytesForCurrentThread();
        RunAll(gates, counter);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(3 * Suspended, counter.Count);
        Assert.Equal(3L * Suspended * (1 + 2 + 3), counter.Sum);
        return allocated;
    }

    // Every method is suspended before the first goes on.
    private static void RunAll(Gate[] gates, Counter counter)
    {
        foreach (var gate in gates)
        {
            counter.Watch(NestAsync(gate));
        }

        foreach (var gate in gates)
        {
            gate.Open(1);
        }
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private static async ValueTask<int> NestAsync(Gate gate)
    {
        var sum = await AddAsync(gate.WaitAsync(), 2);
        await DoneAsync();
        return sum + 3;
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private static async ValueTask<int> AddAsync(ValueTask<int> one, int other) => await one + other;

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder))]
    private static async ValueTask DoneAsync() => await default(ValueTask);

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder))]
    private static async ValueTask FailAsync(ValueTask<int> before)
    {
        await before;
        throw new InvalidDataException();
    }

    /// <summary>Awaits without a box of its own.</summary>
    private sealed class Counter
    {
        private readonly Stack<Watcher> _free = new();

        internal int Count { get; private set; }

        internal long Sum { get; private set; }

        internal void Watch(ValueTask<int> call) => (_free.TryPop(out var watcher) ? watcher : new Watcher(this)).Start(call);

        private sealed class Watcher
        {
            private readonly Counter _counter;
            private readonly Action _done;
            private ValueTaskAwaiter<int> _awaiter;

            internal Watcher(Counter counter)
            {
                _counter = counter;
                _done = Done;
            }

            internal void Start(ValueTask<int> call)
            {
                _awaiter = call.GetAwaiter();
                _awaiter.UnsafeOnCompleted(_done);
            }

            private void Done()
            {
                _counter.Sum += _awaiter.GetResult();
                _counter.Count++;
                _counter._free.Push(this);
            }
        }
    }

    private sealed class Gate : IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _core;

        internal ValueTask<int> WaitAsync() => new(this, _core.Version);

        internal void Open(int value) => _core.SetResult(value);

        public int GetResult(short token)
        {
            var result = _core.GetResult(token);
            _core.Reset();
            return result;
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
            => _core.OnCompleted(continuation, state, token, flags);
    }
}
