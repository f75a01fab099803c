using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using PipeProxy.Testing;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class RingHeldSendTests() : HeldSendTests(TransportKind.Epoll, usesRing: true);

public sealed class EpollHeldSendTests() : HeldSendTests(TransportKind.Epoll, usesRing: false);

public sealed class SocketsHeldSendTests() : HeldSendTests(TransportKind.Sockets, usesRing: false);

/// <summary>What a flush leaves for the end of the round arrives all the same: whole, in order, at its own peer, and before whatever ends the connection.</summary>
public abstract class HeldSendTests(TransportKind transport, bool usesRing)
{
    // More than a ring takes between two of its calls.
    private const int Many = 300;

    private const int RestBytes = 32 * 1024;

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

    private TestLoops Start(int blockBytes = 16 * 1024, TimeProvider? time = null)
    {
        Assert.SkipUnless(transport != TransportKind.Epoll || Libc.IsSupported, "epoll is Linux's");
        return new TestLoops(2, time, sizes: new TransportOptions { BlockBytes = blockBytes, UsesRing = usesRing }, transport: transport);
    }

    private sealed class BrokenSocket(EventLoop loop, Func<IoResult> send) : TransportSocket(loop)
    {
        internal string? Ended { get; private set; }

        internal override EndPoint? LocalEndPoint => null;

        internal override EndPoint? RemoteEndPoint => null;

        internal override bool IsClosed => false;

        internal override ValueTask<IoStatus> ConnectAsync(EndPoint endPoint) => throw new NotSupportedException();

        internal override ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer) => throw new NotSupportedException();

        internal override ValueTask<IoResult> SendAsync(OutBuffer output) => new(send());

        internal override void EndReceive()
        {
        }

        internal override void ShutdownSend()
        {
        }

        internal override void Close() => Ended = "closed";

        internal override void Abort() => Ended = "reset";
    }

    private static ValueTask<IoStatus> WriteAsync(SocketConnection connection, string text)
    {
        connection.Write(System.Text.Encoding.ASCII.GetBytes(text));
        return connection.FlushAsync();
    }

    // Small flushes until the system takes no more, and a rest that is held.
    private static async Task<long> FillAsync(SocketConnection connection)
    {
        var written = 0L;
        while (connection.UnsentBytes < RestBytes)
        {
            connection.Write(new byte[16 * 1024]);
            written += 16 * 1024;
            Assert.Equal(IoStatus.Ok, await connection.FlushAsync());
            await TestLoops.NextRoundAsync(connection.Loop);
        }

        return written;
    }

    private static async Task<string> ReadAsync(SocketConnection connection, int bytes)
    {
        var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (received.Length < bytes)
        {
            var read = await connection.ReadAsync(buffer);
            Assert.Equal(IoStatus.Ok, read.Status);
            received.Write(buffer, 0, read.Bytes);
        }

        return System.Text.Encoding.ASCII.GetString(received.GetBuffer(), 0, (int)received.Length);
    }

    private static async Task<(long Bytes, IoStatus End)> CountToEndAsync(SocketConnection connection)
    {
        var total = 0L;
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var read = await connection.ReadAsync(buffer);
            total += read.Bytes;
            if (!read.IsOk)
            {
                return (total, read.Status);
            }
        }
    }
}
