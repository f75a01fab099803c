using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PipeProxy.Comparison;

/// <summary>Keep-alive connections that have had one answer each and then wait.</summary>
internal sealed class IdleClients : IAsyncDisposable
{
    private const int AtOnce = 64;
    private const int AnswerBytes = 1024;

    private readonly List<Stream> _streams = [];

    /// <summary>Connections held.</summary>
    public int Count => _streams.Count;

    /// <summary>Why there are fewer than asked for; empty when there are not.</summary>
    public string Why { get; private set; } = "";

    /// <summary>Opens connections until there are enough, or no more are to be had.</summary>
    /// <param name="url">What each asks for once; its answer has a body of 1 KiB.</param>
    /// <param name="wanted">How many.</param>
    /// <param name="trusted">PEM file with the root that the proxy's certificate comes from.</param>
    public static async Task<IdleClients> ConnectAsync(Uri url, int wanted, string trusted)
    {
        IdleClients clients = new();
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(trusted)) }, RevocationMode = X509RevocationMode.NoCheck };
        var left = wanted;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                try
                {
                    var stream = await OpenAsync(url, policy);
                    lock (clients._streams)
                    {
                        clients._streams.Add(stream);
                    }
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    clients.Why = string.Create(CultureInfo.InvariantCulture, $" of {wanted}: {e.Message}");
                    Volatile.Write(ref left, 0);
                }
            }
        }));
        return clients;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var stream in _streams)
        {
            await stream.DisposeAsync();
        }
    }

    private static async Task<Stream> OpenAsync(Uri url, X509ChainPolicy policy)
    {
        // Reset at the end: ten thousand connections in TIME_WAIT would take the next run's ports.
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, url.Port);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (url.Scheme == Uri.UriSchemeHttps)
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host, CertificateChainPolicy = policy });
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n"));
            await ReadAnswerAsync(stream);
            return stream;
        }
        catch
        {
            stream?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    private static async Task ReadAnswerAsync(Stream stream)
    {
        var buffer = new byte[8 * 1024];
        for (var length = 0; ;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length));
            if (read == 0)
            {
                throw new IOException("The proxy ended the connection before its answer was whole.");
            }

            length += read;
            var head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (head >= 0 && length >= head + 4 + AnswerBytes)
            {
                if (!buffer.AsSpan().StartsWith("HTTP/1.1 200 "u8))
                {
                    throw new IOException("The proxy did not answer 200.");
                }

                return;
            }
        }
    }
}
