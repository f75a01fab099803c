using System.Net;
using System.Net.Sockets;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class RingHeldSendTests() : HeldSendTests(TransportKind.Epoll, usesRing: true);

public sealed class EpollHeldSendTests() : HeldSendTests(TransportKind.Epoll, usesRing: false);

public sealed class SocketsHeldSendTests() : HeldSendTests(TransportKind.Sockets, usesRing: false);

/// <summary>What a flush leaves for the end of the round arrives all the same: whole, in order, at its own peer.</summary>
public abstract class HeldSendTests(TransportKind transport, bool usesRing) : HeldSendScene(transport, usesRing)
{
    // More than a ring takes between two of its calls.
    private const int Many = 300;

    [Fact]
    public async Task SmallFlush_CompletesAtOnceAndLeavesAtTheEndOfTheRound()
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        var (held, sent) = await loops.RunAsync(async () =>
        {
            var status = await WriteAsync(ours, "first ");
            Assert.Equal(IoStatus.Ok, status);
            var held = ours.UnsentBytes;
            ours.Write("second"u8.ToArray());
            await TestLoops.NextRoundAsync(ours.Loop);
            return (held, ours.UnsentBytes);
        });

        Assert.Equal((6, 0), (held, sent));
        Assert.Equal("first second", await TestLoops.RunAsync(loops[1], () => ReadAsync(peer, 12)));
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(100)]
    public async Task ManyInOneRound_EachArrivesAtItsOwnPeer(int blockBytes)
    {
        await using var loops = Start(blockBytes);
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(Many);
        var connections = new List<SocketConnection>();
        var peers = new Dictionary<int, Socket>();
        for (var i = 0; i < Many; i++)
        {
            var connected = await loops.RunAsync(async () => await loops[0].ConnectAsync(listening.LocalEndPoint!, TimeSpan.FromSeconds(5)));
            connections.Add(connected.Connection!);
            var peer = await listening.AcceptAsync();
            peers[((IPEndPoint)peer.RemoteEndPoint!).Port] = peer;
        }

        await loops.RunAsync(async () =>
        {
            foreach (var connection in connections)
            {
                await WriteAsync(connection, TextOf(connection));
            }
        });

        foreach (var connection in connections)
        {
            using var peer = peers[((IPEndPoint)connection.LocalEndPoint!).Port];
            var expected = TextOf(connection);
            var buffer = new byte[expected.Length];
            var received = 0;
            while (received < buffer.Length)
            {
                var read = await peer.ReceiveAsync(buffer.AsMemory(received)).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
                Assert.NotEqual(0, read);
                received += read;
            }

            Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(buffer));
        }

        // So long that small blocks are more than one gathered send takes.
        static string TextOf(SocketConnection connection) => string.Concat(Enumerable.Repeat($"{((IPEndPoint)connection.LocalEndPoint!).Port};", 300));
    }

    [Fact]
    public async Task MuchIsWritten_FlushIsBackPressure()
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        var flushing = loops.RunAsync(async () =>
        {
            ours.Write(new byte[16 * 1024 * 1024]);
            var flush = ours.FlushAsync();
            Assert.False(flush.IsCompleted);
            return await flush;
        });

        await TestLoops.RunAsync(loops[1], () => ReadAsync(peer, 16 * 1024 * 1024));
        Assert.Equal(IoStatus.Ok, await flushing);
    }

    [Fact]
    public async Task PeerHasReset_NextFlushSaysSo()
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        await TestLoops.RunAsync(loops[1], () =>
        {
            peer.Abort();
            return Task.FromResult(true);
        });
        var flush = await loops.RunAsync(async () =>
        {
            await ours.ReadAsync(Memory<byte>.Empty);
            IoStatus status;
            do
            {
                status = await WriteAsync(ours, "too late");
                await TestLoops.NextRoundAsync(ours.Loop);
            }
            while (status == IoStatus.Ok);
            return status;
        });

        Assert.Equal(IoStatus.Reset, flush);
        Assert.Equal(IoStatus.Reset, await loops.RunAsync(async () => (await ours.ReadAsync(new byte[1])).Status));
    }

    [Fact]
    public async Task BugInOneSend_IsToldAndTheOthersOfTheRoundLeave()
    {
        await using var loops = Start();
        var (ours, peer) = await loops.PairAsync();
        await loops.RunAsync(async () =>
        {
            var broken = new SocketConnection(new BrokenSocket(loops[0], static () => throw new InvalidDataException()));
            await WriteAsync(broken, "never");
            await WriteAsync(ours, "all the same");
            await TestLoops.NextRoundAsync(loops[0]);
            Assert.Equal((IoStatus.Failed, 0), (await broken.SendAllAsync(), broken.UnsentBytes));
        });

        Assert.Equal("all the same", await TestLoops.RunAsync(loops[1], () => ReadAsync(peer, 12)));
        Assert.IsType<InvalidDataException>(Assert.Single(loops.Unhandled));
        loops.Unhandled.Clear();
    }
}
