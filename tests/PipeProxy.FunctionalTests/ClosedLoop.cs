using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace PipeProxy.FunctionalTests;

/// <summary>Clients that keep their connections and each send the next request when the answer is there.</summary>
internal sealed class ClosedLoop : IDisposable
{
    private readonly Stream[] _clients;
    private readonly WireMessage _request;
    private readonly WireMessage _answer;

    public ClosedLoop(int port, WireMessage request, WireMessage answer, int clients, bool tls = false)
    {
        _request = request;
        _answer = answer;
        _clients = new Stream[clients];
        for (var i = 0; i < clients; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
            _clients[i] = new NetworkStream(socket, ownsSocket: true);
            if (tls)
            {
                var secured = new SslStream(_clients[i], false, static (_, certificate, _, _) => certificate is not null);
                _clients[i] = secured;
                secured.AuthenticateAsClient("localhost");
            }
        }
    }

    /// <summary>Every client sends so many requests, all clients at the same time.</summary>
    public Task RunAsync(int requests) => Task.WhenAll(_clients.Select(client => RunAsync(client, requests)));

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }
    }

    private async Task RunAsync(Stream client, int requests)
    {
        var received = new byte[128 * 1024];
        for (var i = 0; i < requests; i++)
        {
            await client.WriteAsync(_request.Bytes);
            var length = 0;
            do
            {
                var read = await client.ReadAsync(received.AsMemory(length));
                Assert.True(read > 0, "The proxy ended a connection.");
                length += read;
            }
            while (!_answer.IsWhole(received.AsSpan(0, length)));

            Assert.True(received.AsSpan().StartsWith("HTTP/1.1 200 "u8), "The proxy answered otherwise than the origin.");
        }
    }
}
