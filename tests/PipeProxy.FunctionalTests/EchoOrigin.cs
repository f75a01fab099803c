using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>An origin that sends each piece of a request body back while the rest is still coming, with the framing it came in.</summary>
/// <remarks>One request per connection; holds no more than one piece, so a proxy that does not stream both ways at once blocks on it.</remarks>
internal sealed class EchoOrigin : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly bool _tls;
    private readonly TaskCompletionSource _mayRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private long _bodyBytes;

    private EchoOrigin(bool tls, bool startsReadingAtOnce)
    {
        _tls = tls;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        if (startsReadingAtOnce)
        {
            StartReading();
        }

        _accepting = AcceptAsync();
    }

    internal string Url => $"{(_tls ? "https" : "http")}://localhost:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    /// <summary>Body bytes taken so far, framing included.</summary>
    internal long BodyBytes => Interlocked.Read(ref _bodyBytes);

    internal static EchoOrigin Start(bool tls, bool startsReadingAtOnce = true) => new(tls, startsReadingAtOnce);

    /// <summary>From now on bodies are read.</summary>
    internal void StartReading() => _mayRead.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        StartReading();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections).WaitAsync(TimeSpan.FromSeconds(60));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync();
                _connections.Add(Task.Run(() => ServeAsync(socket)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using NetworkStream plain = new(socket, ownsSocket: true);
            if (!_tls)
            {
                await EchoAsync(plain);
                return;
            }

            using SslStream tls = new(plain);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(TestCertificates.Server.Certificate, [], offline: true),
            });
            await EchoAsync(tls);
            await tls.ShutdownAsync();
        }
        catch (IOException)
        {
            // The proxy went away.
        }
    }

    private async Task EchoAsync(Stream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        int held = 0;
        int head;
        while ((head = buffer.AsSpan(0, held).IndexOf("\r\n\r\n"u8)) < 0)
        {
            held += await ReadAsync(stream, buffer.AsMemory(held));
        }

        string text = Encoding.Latin1.GetString(buffer, 0, head);
        long? length = LengthIn(text);
        string framing = length is null ? "Transfer-Encoding: chunked" : $"Content-Length: {length}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\n{framing}\r\nConnection: close\r\n\r\n"));
        await _mayRead.Task;
        int start = head + 4;
        byte[] tail = [.. "\r\n"u8];
        for (long echoed = 0; ; start = 0)
        {
            var piece = buffer.AsMemory(start, held - start);
            await stream.WriteAsync(piece);
            echoed += piece.Length;
            Interlocked.Add(ref _bodyBytes, piece.Length);

            // Content of the tests' chunked bodies has no CR, and the proxy frames anew: this is the end wherever it stands.
            tail = [.. tail, .. piece.Span[^Math.Min(7, piece.Length)..]];
            tail = tail[^Math.Min(7, tail.Length)..];
            if (length is { } whole ? echoed == whole : tail.AsSpan().SequenceEqual("\r\n0\r\n\r\n"u8))
            {
                return;
            }

            held = await ReadAsync(stream, buffer);
        }
    }

    private static async Task<int> ReadAsync(Stream stream, Memory<byte> buffer)
        => await stream.ReadAsync(buffer) is > 0 and int read ? read : throw new EndOfStreamException();

    private static long? LengthIn(string head)
    {
        const string Name = "\r\nContent-Length: ";
        int at = head.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return null;
        }

        int end = head.IndexOf("\r\n", at + Name.Length, StringComparison.Ordinal);
        return long.Parse(head.AsSpan()[(at + Name.Length)..(end < 0 ? head.Length : end)], CultureInfo.InvariantCulture);
    }
}
