using System.Net;
using System.Net.Sockets;
using PipeProxy.Comparison;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Bench;

public sealed class IdleClientsTests
{
    [Fact]
    public async Task Clients_AreHeldAfterOneAnswerEach()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = ServeAsync(listener, 20);

        await using var clients = await IdleClients.ConnectAsync(UrlOf(listener), 20, Roots());

        Assert.Equal((20, ""), (clients.Count, clients.Why));
        await served;
    }

    [Fact]
    public async Task NobodyListens_SaysWhy()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = UrlOf(listener);
        listener.Stop();

        await using var clients = await IdleClients.ConnectAsync(url, 3, Roots());

        Assert.Equal(0, clients.Count);
        Assert.StartsWith(" of 3: ", clients.Why, StringComparison.Ordinal);
    }

    private static async Task ServeAsync(TcpListener listener, int count)
    {
        byte[] answer = [.. "HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n"u8, .. new byte[1024]];
        for (var i = 0; i < count; i++)
        {
            var client = await listener.AcceptSocketAsync();
            await client.ReceiveAsync(new byte[1024]);
            await client.SendAsync(answer);
        }
    }

    private static Uri UrlOf(TcpListener listener) => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

    private static string Roots() => TestCertificates.Root.CertificatePath;
}
