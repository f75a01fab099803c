using Microsoft.Extensions.Time.Testing;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class EventLoopTests
{
    [Fact]
    public async Task Posts_RunOnTheLoopInOrderOfTheirThread()
    {
        await using var loops = new TestLoops();
        var seen = new List<int>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                loops[0].Post(
                    state =>
                    {
                        Assert.Same(loops[0], EventLoop.Current);
                        seen.Add((int)state!);
                    },
                    (writer * 10_000) + i);
            }
        })));
        await loops.RunAsync(() => Task.CompletedTask);

        Assert.Equal(40_000, seen.Count);
        for (var writer = 0; writer < 4; writer++)
        {
            var own = seen.Where(value => value / 10_000 == writer).ToList();
            Assert.Equal(own.Order(), own);
        }
    }

    [Fact]
    public async Task DeferredChain_DoesNotRecurse()
    {
        await using var loops = new TestLoops();
        var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = 200_000;
        void Next(object? state)
        {
            if (--left == 0)
            {
                done.SetResult(0);
            }
            else
            {
                loops[0].Defer(Next, null);
            }
        }

        loops[0].Post(Next, null);
        await done.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Enter_IsSynchronousInside()
    {
        await using var loops = new TestLoops();
        Assert.False(loops[0].Enter().IsCompleted);
        Assert.True(await loops.RunAsync(() => Task.FromResult(loops[0].Enter().IsCompleted)));
    }

    [Fact]
    public async Task ExceptionInCallback_IsReportedAndTheLoopGoesOn()
    {
        await using var loops = new TestLoops();
        loops[0].Post(static _ => throw new InvalidDataException(), null);
        await loops.RunAsync(() => Task.CompletedTask);

        Assert.IsType<InvalidDataException>(Assert.Single(loops.Unhandled));
        loops.Unhandled.Clear();
    }

    [Fact]
    public async Task TouchedOutside_Throws()
    {
        await using var loops = new TestLoops();
        Assert.Throws<InvalidOperationException>(loops[0].AssertInside);
    }

    [Fact]
    public async Task NoContextFlowsOntoTheLoop()
    {
        var local = new AsyncLocal<string> { Value = "outside" };
        await using var loops = new TestLoops();
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        loops[0].Post(_ => seen.SetResult(local.Value ?? SynchronizationContext.Current?.ToString()), null);

        Assert.Null(await seen.Task);
    }

    [Fact]
    public async Task Post_AllocatesNothingOnTheLoop()
    {
        await using var loops = new TestLoops();
        var allocated = await loops.RunAsync(async () =>
        {
            await TurnsAsync(loops[0], 1000);
            var before = GC.GetAllocatedBytesForCurrentThread();
            await TurnsAsync(loops[0], 1000);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });

        Assert.InRange(allocated, 0, 512);
    }

    [Fact]
    public async Task Deadline_PassesOnceAndNotEarly()
    {
        var time = new FakeTimeProvider();
        await using var loops = new TestLoops(time: time);
        var owner = new Owner();
        var deadline = await loops.RunAsync(() =>
        {
            var made = new Deadline(loops[0], owner);
            made.Set(TimeSpan.FromMilliseconds(250), DeadlineKind.FirstByte);
            return Task.FromResult(made);
        });

        time.Advance(TimeSpan.FromMilliseconds(240));
        await loops.RunAsync(() => Task.CompletedTask);
        Assert.Empty(owner.Passed);
        time.Advance(TimeSpan.FromMilliseconds(60));
        await loops.RunAsync(() => Task.CompletedTask);
        Assert.Equal([DeadlineKind.FirstByte], owner.Passed);
        Assert.Equal(DeadlineKind.None, deadline.Kind);
        time.Advance(TimeSpan.FromSeconds(10));
        await loops.RunAsync(() => Task.CompletedTask);
        Assert.Single(owner.Passed);
    }

    [Fact]
    public async Task Deadline_SetAnewWithWhatIsLeft_PassesAllTheSame()
    {
        // As a reader does that gets a byte every 50 ms: no other deadline keeps the ticks going.
        var time = new FakeTimeProvider();
        await using var loops = new TestLoops(time: time);
        var owner = new Owner();
        var deadline = await loops.RunAsync(() => Task.FromResult(new Deadline(loops[0], owner)));
        for (var left = 300; left >= 0 && owner.Passed.Count == 0; left -= 50)
        {
            await loops.RunAsync(() =>
            {
                deadline.Clear();
                deadline.Set(TimeSpan.FromMilliseconds(Math.Max(1, left)), DeadlineKind.FirstByte);
                return Task.CompletedTask;
            });
            time.Advance(TimeSpan.FromMilliseconds(50));
            await loops.RunAsync(() => Task.CompletedTask);
        }

        time.Advance(TimeSpan.FromMilliseconds(50));
        await loops.RunAsync(() => Task.CompletedTask);
        Assert.Equal([DeadlineKind.FirstByte], owner.Passed);
    }

    [Fact]
    public async Task Deadlines_SetAndClearedByOwners_AllAreSeen()
    {
        var time = new FakeTimeProvider();
        await using var loops = new TestLoops(time: time);
        var owners = Enumerable.Range(0, 100).Select(_ => new Owner()).ToArray();
        await loops.RunAsync(() =>
        {
            var deadlines = owners.Select(owner => new Deadline(loops[0], owner)).ToArray();
            for (var i = 0; i < owners.Length; i++)
            {
                // Even ones clear their neighbour and set themselves again.
                var (own, other) = (deadlines[i], deadlines[(i + 1) % owners.Length]);
                owners[i].OnPassed = i % 2 == 1 ? null : () =>
                {
                    other.Clear();
                    own.Set(TimeSpan.FromHours(1), DeadlineKind.Idle);
                };
                own.Set(TimeSpan.FromSeconds(i % 2 == 0 ? 1 : 3), DeadlineKind.Idle);
            }

            return Task.CompletedTask;
        });

        time.Advance(TimeSpan.FromSeconds(2));
        await loops.RunAsync(() => Task.CompletedTask);
        time.Advance(TimeSpan.FromSeconds(2));
        await loops.RunAsync(() => Task.CompletedTask);

        Assert.All(owners.Where((_, i) => i % 2 == 0), owner => Assert.Single(owner.Passed));
        Assert.All(owners.Where((_, i) => i % 2 == 1), owner => Assert.Empty(owner.Passed));
        Assert.Equal(50, await loops.RunAsync(() => Task.FromResult(loops[0].Deadlines.Count)));
    }

    private static async Task TurnsAsync(EventLoop loop, int count)
    {
        var turn = new Turn(loop, count);
        loop.Defer(Turn.Run, turn);
        await turn.Done.Task;
        await loop.Enter();
    }

    private sealed class Turn(EventLoop loop, int count)
    {
        private int _left = count;

        internal TaskCompletionSource Done { get; } = new();

        internal static void Run(object? state)
        {
            ((Turn)state!).Step();
        }

        private void Step()
        {
            if (--_left == 0)
            {
                Done.SetResult();
            }
            else
            {
                loop.Defer(Run, this);
            }
        }
    }

    private sealed class Owner : IDeadlineOwner
    {
        internal List<DeadlineKind> Passed { get; } = [];

        internal Action? OnPassed { get; set; }

        public void OnDeadline(DeadlineKind kind)
        {
            Passed.Add(kind);
            OnPassed?.Invoke();
        }
    }
}
