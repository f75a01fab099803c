using Microsoft.Extensions.Time.Testing;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

/// <summary>A body that flows is told in batches, and one that falters is not waited for.</summary>
public sealed class ReceiveBatchTests
{
    // Small, so that the receive window never gets close to a segment's size: then the system tells early.
    private const int BatchBytes = 8 * 1024;
    private const int Much = 1024 * 1024;

    [Fact]
    public async Task FlowingBody_IsToldInBatches()
    {
        var time = new FakeTimeProvider();
        await using var loops = Start(time);
        var (ours, peer) = await loops.PairAsync();
        await BeginBatchesAsync(loops, ours, peer);
        var reading = loops.RunAsync(async () => await ours.ReadAsync(Memory<byte>.Empty));
        await BeginsToWaitAsync(loops);
        await SendAsync(loops, peer, BatchBytes / 2);

        Assert.False(await TestLoops.LookAsync(loops[0], () => reading.IsCompleted), "half a batch was told");
        await SendAsync(loops, peer, BatchBytes / 2);
        Assert.Equal(IoStatus.Ok, (await reading).Status);
    }

    [Fact]
    public async Task FalteringBody_IsToldAfterATickAndNotHeldAgain()
    {
        var time = new FakeTimeProvider();
        await using var loops = Start(time);
        var (ours, peer) = await loops.PairAsync();
        await BeginBatchesAsync(loops, ours, peer);
        var reading = loops.RunAsync(async () => await ours.ReadAsync(new byte[BatchBytes]));
        await BeginsToWaitAsync(loops);
        await SendAsync(loops, peer, 1000);
        Assert.False(await TestLoops.LookAsync(loops[0], () => reading.IsCompleted), "a thousand bytes were told at once");
        time.Advance(TimeSpan.FromMilliseconds(200));

        Assert.Equal(new IoResult(1000, IoStatus.Ok), await reading);

        // The clock stands still: only an edge tells.
        var next = loops.RunAsync(async () =>
        {
            ours.Expect(Much);
            return await ours.ReadAsync(new byte[BatchBytes]);
        });
        await SendAsync(loops, peer, 10);
        Assert.Equal(new IoResult(10, IoStatus.Ok), await next);
    }

    [Theory]
    [InlineData(false, (int)IoStatus.End)]
    [InlineData(true, (int)IoStatus.Reset)]
    public async Task PeerEndsWithinABatch_ItsBytesAndItsEndAreRead(bool abort, int end)
    {
        await using var loops = Start(new FakeTimeProvider());
        var (ours, peer) = await loops.PairAsync();
        await BeginBatchesAsync(loops, ours, peer);
        var reading = loops.RunAsync(async () =>
        {
            var first = await ours.ReadAsync(new byte[BatchBytes]);
            return (first, await ours.ReadAsync(new byte[BatchBytes]));
        });
        await SendAsync(loops, peer, 1000);
        await TestLoops.RunAsync(loops[1], () =>
        {
            if (abort)
            {
                peer.Abort();
            }
            else
            {
                peer.Close();
            }

            return Task.FromResult(true);
        });

        Assert.Equal((new IoResult(1000, IoStatus.Ok), new IoResult(0, (IoStatus)end)), await reading);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(BatchBytes)]
    public async Task LittleOrNothingIsExpected_EachByteIsTold(long bytes)
    {
        await using var loops = Start(new FakeTimeProvider());
        var (ours, peer) = await loops.PairAsync();
        await BeginBatchesAsync(loops, ours, peer);
        var reading = loops.RunAsync(async () =>
        {
            ours.Expect(bytes);
            return await ours.ReadAsync(new byte[BatchBytes]);
        });
        await SendAsync(loops, peer, 1);

        Assert.Equal(new IoResult(1, IoStatus.Ok), await reading);
    }

    [Fact]
    public async Task SlowBody_IsNeverHeld()
    {
        await using var loops = Start(new FakeTimeProvider());
        var (ours, peer) = await loops.PairAsync();
        for (var i = 0; i < 10; i++)
        {
            var reading = loops.RunAsync(async () =>
            {
                ours.Expect(Much);
                return await ours.ReadAsync(new byte[BatchBytes]);
            });
            await SendAsync(loops, peer, 1400);
            Assert.Equal(new IoResult(1400, IoStatus.Ok), await reading);
        }
    }

    // What came last came fast, so the next is told in batches.
    private static async Task BeginBatchesAsync(TestLoops loops, SocketConnection ours, SocketConnection peer)
    {
        await SendAsync(loops, peer, BatchBytes);
        await loops.RunAsync(async () =>
        {
            var buffer = new byte[2 * BatchBytes];
            var received = 0;
            while (received < BatchBytes)
            {
                received += (await ours.ReadAsync(buffer)).Bytes;
            }

            ours.Expect(Much);
        });
    }

    // What was posted before has run: the read has found nothing and waits for the system's word.
    private static Task<int> BeginsToWaitAsync(TestLoops loops) => TestLoops.LookAsync(loops[0], () => 0);

    private static Task<bool> SendAsync(TestLoops loops, SocketConnection peer, int bytes) => TestLoops.RunAsync(loops[1], async () =>
    {
        peer.Write(new byte[bytes]);
        Assert.Equal(IoStatus.Ok, await peer.SendAllAsync());
        return true;
    });

    private static TestLoops Start(FakeTimeProvider time)
    {
        Assert.SkipUnless(Libc.IsSupported, "batches are epoll's");
        return new TestLoops(2, time, new TransportOptions { BatchBytes = BatchBytes }, TransportKind.Epoll);
    }
}
