using System.Net;
using System.Net.Sockets;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

public sealed class EpollSocketListenerTests() : SocketListenerTests(TransportKind.Epoll);

public sealed class SocketsSocketListenerTests() : SocketListenerTests(TransportKind.Sockets);

public abstract class SocketListenerTests(TransportKind transport)
{
    [Fact]
    public async Task Connections_AreSpreadOverLoopsAndLiveThere()
    {
        await using var loops = new TestLoops(3, transport: transport);
        var gate = new Lock();
        var seen = new List<int>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var listener = await loops.ListenAsync(connection =>
        {
            Assert.True(connection.Loop.IsInside);
            lock (gate)
            {
                seen.Add(connection.Loop.Index);
                if (seen.Count == 9)
                {
                    all.SetResult();
                }
            }
        });
        var clients = new List<Socket>();
        for (var i = 0; i < 9; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(listener.LocalEndPoint);
            clients.Add(client);
        }

        await all.Task.WaitAsync(TimeSpan.FromSeconds(10));
        if (transport == TransportKind.Sockets)
        {
            // One loop accepts and hands over in turn. With a listening socket per loop the kernel chooses, by a hash of the addresses.
            Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2, 2], seen.Order());
        }

        clients.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task AddressInUse_IsNamed()
    {
        await using var loops = new TestLoops(transport: transport);
        var first = await loops.ListenAsync(static _ => { });
        var second = await SocketListener.StartAsync([loops[0]], first.LocalEndPoint, static _ => { });

        Assert.Null(second.Listener);
        Assert.Equal(ListenStatus.AddressInUse, second.Status);
        Assert.Contains(first.LocalEndPoint.ToString(), second.Error);
    }

    [Fact]
    public async Task Stopped_RefusesAndFreesTheAddress()
    {
        await using var loops = new TestLoops(transport: transport);
        var first = await loops.ListenAsync(static _ => { });
        await first.StopAsync();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await client.ConnectAsync(first.LocalEndPoint));

        var second = await SocketListener.StartAsync([loops[0]], first.LocalEndPoint, static _ => { });
        Assert.Equal(ListenStatus.Ok, second.Status);
        await second.Listener!.StopAsync();
    }

    [Fact]
    public async Task ForeignAddress_IsNotAvailable()
    {
        await using var loops = new TestLoops(transport: transport);
        var result = await SocketListener.StartAsync([loops[0]], new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), static _ => { });

        Assert.Equal(ListenStatus.AddressNotAvailable, result.Status);
    }
}
