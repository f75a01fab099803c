using Microsoft.Extensions.Time.Testing;
using PipeProxy.Testing;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class RingHeldSendEndTests() : HeldSendEndTests(TransportKind.Epoll, usesRing: true);

public sealed class EpollHeldSendEndTests() : HeldSendEndTests(TransportKind.Epoll, usesRing: false);

public sealed class SocketsHeldSendEndTests() : HeldSendEndTests(TransportKind.Sockets, usesRing: false);

/// <summary>What a flush leaves for the end of the round arrives before whatever ends the connection.</summary>
public abstract class HeldSendEndTests(TransportKind transport, bool usesRing) : HeldSendScene(transport, usesRing)
{
    [Theory]
    [InlineData(false, (int)IoStatus.End)]
    [InlineData(true, (int)IoStatus.Reset)]
    public async Task EndedInTheSameRound_PeerGetsWhatWasFlushedFirst(bool abort, int end)
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        await loops.RunAsync(async () =>
        {
            await WriteAsync(ours, "goodbye");
            if (abort)
            {
                ours.Abort();
            }
            else
            {
                ours.Close();
            }
        });

        var (text, status) = await TestLoops.RunAsync(loops[1], async () => (await ReadAsync(peer, 7), (await peer.ReadAsync(new byte[1])).Status));
        Assert.Equal(("goodbye", (IoStatus)end), (text, status));
        Assert.Equal(0, await loops.RunAsync(() => Task.FromResult(loops[0].Memory.Rented)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SystemIsFull_CloseCutsNothing_AndSendAllWaitsAlsoBehindIt(bool closeFirst)
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        var sending = loops.RunAsync(async () =>
        {
            var written = await FillAsync(ours);
            var reading = ours.ReadAsync(new byte[1]);
            if (closeFirst)
            {
                ours.Close();
                Assert.True(ours.IsClosed);
                ours.Write("behind the close"u8.ToArray());
            }

            var all = ours.SendAllAsync();
            Assert.False(all.IsCompleted);
            Assert.Equal(IoStatus.Ok, await all);
            ours.Close();
            Assert.Equal(IoStatus.Aborted, (await reading).Status);
            Assert.Equal(IoStatus.Aborted, (await ours.ReadAsync(new byte[1])).Status);
            return written;
        });
        var received = await TestLoops.RunAsync(loops[1], async () =>
        {
            while (!await loops.RunAsync(() => Task.FromResult(ours.UnsentBytes >= RestBytes)))
            {
            }

            await loops[1].Enter();
            return await CountToEndAsync(peer);
        });

        Assert.Equal((await sending, IoStatus.End), received);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClosedAndNotTaken_IsResetWhenTheTimeIsOverOrByAnAbort(bool abort)
    {
        var time = new FakeTimeProvider();
        await using var loops = Start(time: time);
        var (ours, peer) = await loops.PairAsync();
        var written = await loops.RunAsync(async () =>
        {
            var written = await FillAsync(ours);
            ours.Close();
            return written;
        });
        Assert.NotEqual(0, await TestLoops.LookAsync(loops[0], () => ours.UnsentBytes));

        if (abort)
        {
            await loops.RunAsync(() =>
            {
                ours.Abort();
                return Task.CompletedTask;
            });
        }
        else
        {
            time.Advance(SocketConnection.WaitsAfterClose + TimeSpan.FromSeconds(1));
        }

        await TestLoops.LookAsync(loops[0], static () => true);
        var received = await TestLoops.RunAsync(loops[1], () => CountToEndAsync(peer));
        Assert.Equal(IoStatus.Reset, received.End);
        Assert.InRange(received.Bytes, 0, written - 1);
        await Until.HoldsAsync(() => loops[0].Memory.Rented == 0, "the blocks are back when the system has let go of them");
    }

    [Fact]
    public async Task ClosedAndNotTaken_LoopStopsAllTheSame()
    {
        await using var loops = Start();
        var (ours, _) = await loops.PairAsync();
        await loops.RunAsync(async () =>
        {
            await FillAsync(ours);
            ours.Close();
        });
    }

    [Fact]
    public async Task SystemIsFull_EndOfOurSideComesBehindWhatIsHeld()
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        var written = await loops.RunAsync(async () =>
        {
            var written = await FillAsync(ours);
            ours.ShutdownSend();
            return written;
        });

        Assert.Equal((written, IoStatus.End), await TestLoops.RunAsync(loops[1], () => CountToEndAsync(peer)));
    }

    [Fact]
    public async Task SendThatFailed_CloseIsAReset()
    {
        await using var loops = Start();
        var socket = new BrokenSocket(loops[0], static () => new IoResult(0, IoStatus.Failed));
        await loops.RunAsync(async () =>
        {
            var broken = new SocketConnection(socket);
            Assert.Equal(IoStatus.Ok, await WriteAsync(broken, "cut"));
            await TestLoops.NextRoundAsync(loops[0]);
            broken.Close();
        });

        Assert.Equal("reset", socket.Ended);
    }

    [Fact]
    public async Task ClosedWithSomethingUnread_PeerGetsAllAndAnEnd()
    {
        const int Bytes = 1_000_000;
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        await TestLoops.RunAsync(loops[1], async () => await WriteAsync(peer, "GET / HT"));
        await loops.RunAsync(async () =>
        {
            // It is there, and nobody takes it.
            await ours.ReadAsync(Memory<byte>.Empty);
            ours.Write(new byte[Bytes]);
            ours.Close();
        });

        Assert.Equal((Bytes, IoStatus.End), await TestLoops.RunAsync(loops[1], () => CountToEndAsync(peer)));
    }

    [Fact]
    public async Task PeerSendsWhileWeClose_ItGetsAllTheSame()
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        var written = await loops.RunAsync(async () =>
        {
            var written = await FillAsync(ours);
            ours.Close();
            return written;
        });
        var received = await TestLoops.RunAsync(loops[1], async () =>
        {
            // Of a next request, say. What the system takes of it lies unread when the descriptor closes.
            peer.Write(new byte[64 * 1024]);
            await peer.SendAllAsync();
            return await CountToEndAsync(peer);
        });

        Assert.Equal((written, IoStatus.End), received);
    }
}
