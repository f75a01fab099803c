using System.Net;
using System.Net.Sockets;
using PipeProxy.Diagnosis;
using PipeProxy.Transport;

namespace PipeProxy.Tests.Diagnosis;

public sealed class ObservedStreamTests
{
    [Fact]
    public async Task ResetThatAWriteMeetsFirst_IsStillAReset()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using (var peer = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            peer.LingerState = new LingerOption(true, 0);
        }

        // The reset is there: the write takes the socket's error with it, and the read finds a bare end.
        Assert.True(socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead));
        await using var stream = new ObservedStream(socket);
        await stream.WriteAsync(new byte[] { 1 }, TestContext.Current.CancellationToken);

        Assert.Equal(0, await stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Equal(IoStatus.Reset, stream.EndStatus);
    }
}
