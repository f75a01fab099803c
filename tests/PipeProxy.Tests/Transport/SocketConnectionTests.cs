using System.Net;
using System.Net.Sockets;
using System.Text;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class EpollSocketConnectionTests() : SocketConnectionTests(TransportKind.Epoll);

public sealed class SocketsSocketConnectionTests() : SocketConnectionTests(TransportKind.Sockets);

public abstract class SocketConnectionTests(TransportKind transport)
{
    private static readonly TransportOptions Tiny = new() { BlockBytes = 10, MaxReceiveBytes = 10 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BytesWritten_ArriveInOrder(bool tiny)
    {
        await using var loops = new TestLoops(2, sizes: tiny ? Tiny : null, transport: transport);
        var (ours, peer) = await loops.PairAsync();
        var sent = new byte[300_000];
        new Random(7).NextBytes(sent);

        var flushed = loops.RunAsync(async () =>
        {
            ours.Write(sent.AsMemory(0, 1000));
            ours.Write(sent.AsMemory(1000));
            var result = await ours.FlushAsync();
            ours.ShutdownSend();
            return result;
        });
        var received = await TestLoops.RunAsync(loops[1], () => ReadToEndAsync(peer));

        Assert.Equal(IoStatus.Ok, await flushed);
        Assert.Equal(IoStatus.End, received.Status);
        Assert.Equal(sent, received.Bytes);
        await loops.RunAsync(() =>
        {
            Assert.Equal(0, ours.UnsentBytes);
            Assert.Equal(0, loops[0].Memory.Rented);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task EmptyRead_WaitsForDataAndTakesNone()
    {
        await using var loops = new TestLoops(2, transport: transport);
        var (ours, peer) = await loops.PairAsync();
        var waiting = loops.RunAsync(async () => await ours.ReadAsync(Memory<byte>.Empty));
        await TestLoops.RunAsync(loops[1], () => SendAsync(peer, "hello"));

        Assert.Equal(new IoResult(0, IoStatus.Ok), await waiting);
        var buffer = new byte[100];
        Assert.Equal(new IoResult(5, IoStatus.Ok), await loops.RunAsync(async () => await ours.ReadAsync(buffer)));
    }

    [Theory]
    [InlineData(false, (int)IoStatus.End)]
    [InlineData(true, (int)IoStatus.Reset)]
    public async Task EmptyRead_SeesPeersEnd(bool abort, int expected)
    {
        await using var loops = new TestLoops(2, transport: transport);
        var (ours, peer) = await loops.PairAsync();
        var waiting = loops.RunAsync(async () => await ours.ReadAsync(Memory<byte>.Empty));
        await TestLoops.RunAsync(loops[1], () => Task.FromResult(End(peer, abort)));

        Assert.Equal(0, (await waiting).Bytes);
        Assert.Equal((IoStatus)expected, (await loops.RunAsync(async () => await ours.ReadAsync(new byte[1]))).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClosedByUs_PendingReadIsAborted(bool abort)
    {
        await using var loops = new TestLoops(2, transport: transport);
        var (ours, peer) = await loops.PairAsync();
        var pending = loops.RunAsync(async () => await ours.ReadAsync(new byte[10]));
        await loops.RunAsync(() => Task.FromResult(End(ours, abort)));

        Assert.Equal(IoStatus.Aborted, (await pending).Status);
        Assert.Equal(abort ? IoStatus.Reset : IoStatus.End, (await TestLoops.RunAsync(loops[1], async () => await peer.ReadAsync(new byte[10]))).Status);
        Assert.True(ours.IsClosed);
    }

    [Fact]
    public async Task ClosedWithBytesWritten_PeerGetsThemThenEnd()
    {
        await using var loops = new TestLoops(2, transport: transport);
        var (ours, peer) = await loops.PairAsync();
        await loops.RunAsync(() =>
        {
            ours.Write("goodbye"u8.ToArray());
            ours.Close();
            return Task.CompletedTask;
        });

        var received = await TestLoops.RunAsync(loops[1], () => ReadToEndAsync(peer));
        Assert.Equal("goodbye", Encoding.ASCII.GetString(received.Bytes));
        Assert.Equal(IoStatus.End, received.Status);
    }

    [Fact]
    public async Task SendFails_WhatArrivedBeforeIsStillRead()
    {
        await using var loops = new TestLoops(2, transport: transport);
        var (ours, peer) = await loops.PairAsync();

        // The peer answers and resets because of what it did not read: what a server does that refuses an upload.
        await TestLoops.RunAsync(loops[1], () => SendAsync(peer, "refused"));
        var flush = await loops.RunAsync(async () =>
        {
            await ours.ReadAsync(Memory<byte>.Empty);
            await TestLoops.RunAsync(loops[1], () => Task.FromResult(End(peer, abort: true)));
            await loops[0].Enter();
            IoStatus result;
            do
            {
                ours.Write(new byte[64 * 1024]);
                result = await ours.FlushAsync();
            }
            while (result == IoStatus.Ok);
            return result;
        });

        Assert.Equal(IoStatus.Reset, flush);
        var received = await loops.RunAsync(() => ReadToEndAsync(ours));
        Assert.Equal("refused", Encoding.ASCII.GetString(received.Bytes));
        Assert.Equal(IoStatus.Reset, received.Status);
    }

    [Fact]
    public async Task PeerDoesNotRead_FlushWaitsAndAbortEndsIt()
    {
        await using var loops = new TestLoops(2, transport: transport);
        var (ours, _) = await loops.PairAsync();
        var flushing = loops.RunAsync(async () =>
        {
            ours.Write(new byte[32 * 1024 * 1024]);
            return await ours.FlushAsync();
        });
        var unsent = await loops.RunAsync(() => Task.FromResult(ours.UnsentBytes));
        Assert.True(unsent > 0);

        var rentedAfterAbort = await loops.RunAsync(() =>
        {
            ours.Abort();
            return Task.FromResult(loops[0].Memory.Rented);
        });
        Assert.True(rentedAfterAbort > 0, "the blocks are the system's until the send has come back");
        Assert.Equal(IoStatus.Aborted, await flushing);
        Assert.Equal(0, await loops.RunAsync(() => Task.FromResult(loops[0].Memory.Rented)));
    }

    [Fact]
    public async Task ClosedPort_IsRefused()
    {
        await using var loops = new TestLoops(transport: transport);
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var result = await loops.RunAsync(async () => await loops[0].ConnectAsync(probe.LocalEndPoint!, TimeSpan.FromSeconds(5)));

        Assert.Equal(new ConnectResult(null, IoStatus.Refused), result);
        Assert.Equal(0, await loops.RunAsync(() => Task.FromResult(loops[0].Transport.SocketCount)));
    }

    [Fact]
    public async Task NoRoute_IsUnreachable()
    {
        await using var loops = new TestLoops(transport: transport);
        var result = await loops.RunAsync(async () => await loops[0].ConnectAsync(new IPEndPoint(IPAddress.Parse("255.255.255.255"), 1), TimeSpan.FromSeconds(5)));

        Assert.Equal(IoStatus.Unreachable, result.Status);
    }

    [Fact]
    public async Task NoAnswer_TimesOut()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var loops = new TestLoops(time: time, transport: transport);

        // A listener whose queue is full leaves connects unanswered.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full.LocalEndPoint!);

        var connecting = loops.RunAsync(async () => await loops[0].ConnectAsync(full.LocalEndPoint!, TimeSpan.FromSeconds(5)));
        await loops.RunAsync(() => Task.CompletedTask);
        time.Advance(TimeSpan.FromSeconds(4));
        await loops.RunAsync(() => Task.CompletedTask);
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1.1));

        Assert.Equal(IoStatus.TimedOut, (await connecting).Status);
    }

    private static bool End(SocketConnection connection, bool abort)
    {
        if (abort)
        {
            connection.Abort();
        }
        else
        {
            connection.Close();
        }

        return true;
    }

    private static async Task<IoStatus> SendAsync(SocketConnection connection, string text)
    {
        connection.Write(Encoding.ASCII.GetBytes(text));
        return await connection.FlushAsync();
    }

    private static async Task<(byte[] Bytes, IoStatus Status)> ReadToEndAsync(SocketConnection connection)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var result = await connection.ReadAsync(buffer);
            if (!result.IsOk)
            {
                return (bytes.ToArray(), result.Status);
            }

            bytes.Write(buffer, 0, result.Bytes);
        }
    }
}
