using System.Net;
using System.Net.Sockets;

namespace PipeProxy.Tests.Tls;

/// <summary>Stands before a TLS 1.3 server and ends the connection as a server in a hurry does: it passes on what follows the client's Finished (the alert), reads no further, and resets.</summary>
internal sealed class ResettingRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    internal ResettingRelay(IPEndPoint server)
    {
        _listener.Start();
        _ = RunAsync(server);
    }

    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public void Dispose() => _listener.Dispose();

    private async Task RunAsync(IPEndPoint endPoint)
    {
        using var client = await _listener.AcceptSocketAsync();
        using var server = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(endPoint);
        var buffer = new byte[64 * 1024];
        await PassAsync(client, server, buffer);

        // The server's flight: until nothing has come and the client answers.
        var answer = WaitAsync(client);
        while (true)
        {
            var flight = WaitAsync(server);
            if (await Task.WhenAny(flight, answer) == answer)
            {
                await PassAsync(client, server, buffer);
                await flight;
                break;
            }

            await PassAsync(server, client, buffer);
        }

        await PassAsync(server, client, buffer);

        // Closing with bytes unread makes the kernel reset.
        await WaitAsync(client);
    }

    // A peek, because an empty receive of System.Net.Sockets may end without data.
    private static Task<int> WaitAsync(Socket socket) => socket.ReceiveAsync(new byte[1], SocketFlags.Peek);

    private static async Task PassAsync(Socket from, Socket to, byte[] buffer)
    {
        var bytes = await from.ReceiveAsync(buffer);
        await to.SendAsync(buffer.AsMemory(0, bytes));
    }
}
