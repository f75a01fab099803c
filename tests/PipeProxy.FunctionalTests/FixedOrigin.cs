using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>A TLS origin that asks for a client certificate and gives the same answer for ever; it keeps nothing of what it received.</summary>
internal sealed class FixedOrigin : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Socket> _connections = [];
    private readonly WireMessage _request;
    private readonly WireMessage _answer;

    private FixedOrigin(WireMessage request, WireMessage answer)
    {
        _request = request;
        _answer = answer;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
    }

    public string Url => $"https://localhost:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    public static FixedOrigin Start(WireMessage request, WireMessage answer)
    {
        var origin = new FixedOrigin(request, answer);
        _ = origin.AcceptAsync();
        return origin;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _connections.Add(socket);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = TestCertificates.Server.Certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            });
            var received = new byte[16 * 1024];
            for (var length = 0; ;)
            {
                var read = await tls.ReadAsync(received.AsMemory(length));
                if (read == 0)
                {
                    return;
                }

                length += read;
                if (_request.IsWhole(received.AsSpan(0, length)))
                {
                    await tls.WriteAsync(_answer.Bytes);
                    length = 0;
                }
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException or ObjectDisposedException)
        {
            // The proxy went away, or the test is over.
        }
    }
}
