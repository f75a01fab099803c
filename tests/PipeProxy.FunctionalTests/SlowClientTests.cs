using System.Net;
using System.Net.Sockets;
using System.Text;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>An answer is whole also for a client that takes it slowly, however its connection ends behind it.</summary>
public sealed class SlowClientTests
{
    // More than the system keeps for a connection, so that the last bytes wait inside the proxy.
    private const int BodyBytes = 12 * 1024 * 1024;

    [Theory]
    [InlineData("close", false)]
    [InlineData("close", true)]
    [InlineData("keep-alive", true)]
    public async Task TakesItsAnswerSlowly_GetsItWhole(string connection, bool endsItsSide)
    {
        var body = new byte[BodyBytes];
        new Random(17).NextBytes(body);
        await using var origin = ByteOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {BodyBytes}\r\n\r\n");
            await peer.WriteAsync(body);
        });
        await using var proxy = await TestProxy.StartAsync(origin.Url);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
        await client.ConnectAsync(IPAddress.Loopback, proxy.Port);
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: a\r\nConnection: {connection}\r\n\r\n"));
        if (endsItsSide)
        {
            client.Shutdown(SocketShutdown.Send);
        }

        using var received = new MemoryStream();
        var buffer = new byte[7000];
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(60));
        while (await client.ReceiveAsync(buffer, bound.Token) is > 0 and var bytes)
        {
            received.Write(buffer, 0, bytes);
        }

        var head = received.GetBuffer().AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.Equal(BodyBytes, received.Length - head);
        Assert.True(received.GetBuffer().AsSpan(head, BodyBytes).SequenceEqual(body));
    }
}
