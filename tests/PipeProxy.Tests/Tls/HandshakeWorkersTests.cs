using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Tls;

namespace PipeProxy.Tests.Tls;

public sealed class HandshakeWorkersTests
{
    [Fact]
    public async Task Limit_HoldsAndEveryoneGetsATurn()
    {
        using var workers = new HandshakeWorkers(threads: 4, limit: 2);
        var (inside, most) = (0, 0);
        async Task RunAsync()
        {
            await workers.Enter();
            Assert.StartsWith("handshake ", Thread.CurrentThread.Name, StringComparison.Ordinal);
            var now = Interlocked.Increment(ref inside);
            most = Math.Max(most, now);

            // Gives the thread away, as a handshake that waits for its peer does.
            await Task.Yield();
            Interlocked.Decrement(ref inside);
            workers.Leave();
        }

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RunAsync())).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.InRange(most, 1, 2);
        Assert.Equal(0, workers.UnderWay);
    }

    [Fact]
    public async Task LimitThatIsRaised_LetsThoseInLineGo_AndOneThatIsLoweredHoldsForTheNext()
    {
        using var workers = new HandshakeWorkers(threads: 2, limit: 1);
        async Task EnterAsync() => await workers.Enter();
        var entered = Enumerable.Range(0, 4).Select(_ => EnterAsync()).ToList();
        await entered[0].WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(entered[1].IsCompleted);

        workers.Limit = 3;
        await Task.WhenAll(entered.Take(3)).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((3, false), (workers.UnderWay, entered[3].IsCompleted));

        workers.Limit = 1;
        workers.Leave();
        workers.Leave();
        Assert.Equal((1, false), (workers.UnderWay, entered[3].IsCompleted));
        workers.Leave();
        await entered[3].WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void WhatHasWaitedForTooLong_GoesToAThreadThatGivesWayToNobody()
    {
        var time = new FakeTimeProvider();
        using var workers = new HandshakeWorkers(threads: 1, time: time);
        using ManualResetEventSlim first = new(), second = new();
        using var names = new BlockingCollection<string>();
        void Schedule(ManualResetEventSlim? until) => workers.Schedule(
            _ =>
            {
                names.Add(Thread.CurrentThread.Name!);
                until?.Wait();
            },
            null);
        string Next() => names.TryTake(out var name, TimeSpan.FromSeconds(60)) ? name : "nobody";

        Schedule(first);
        Assert.Equal("handshake 0", Next());
        Schedule(second);
        Schedule(null);
        time.Advance(HandshakeWorkers.LateAfter);

        // The thread sees only now how late it is, and has something to do again. Which of the two is first to say its name is the system's matter.
        first.Set();
        string[] both = [Next(), Next()];
        Assert.Equal(["handshake 0", "late handshake 0"], both.Order());

        // What comes in time waits for it.
        Schedule(null);
        second.Set();
        Assert.Equal("handshake 0", Next());
    }

    [Fact]
    public async Task ExceptionInCallback_IsReportedAndTheThreadGoesOn()
    {
        var reported = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var workers = new HandshakeWorkers(threads: 1, onUnhandledException: reported.SetResult);
        var after = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        workers.Schedule(static _ => throw new InvalidDataException(), null);
        workers.Schedule(_ => after.SetResult(), null);

        Assert.IsType<InvalidDataException>(await reported.Task.WaitAsync(TimeSpan.FromSeconds(60)));
        await after.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }
}
