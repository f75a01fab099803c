using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace PipeProxy.Testing;

/// <summary>An HTTP/1.1 client that sends exactly the bytes it is told, one byte per segment unless told otherwise.</summary>
/// <remarks>Every operation ends within <see cref="Timeout"/>. One reader and one writer at a time.</remarks>
public sealed class RawClient : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly RawResponseReader _reader;
    private Stream _stream;

    private RawClient(Socket socket, TimeSpan timeout)
    {
        _socket = socket;
        Timeout = timeout;
        _stream = new NetworkStream(socket, ownsSocket: false);
        _reader = new RawResponseReader(ReceiveAsync);
    }

    /// <summary>The longest that any single operation may take; past it, <see cref="TimeoutException"/>. Default 10 s.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>How the peer ended the connection, as far as reads have seen it.</summary>
    public ConnectionEnd End { get; private set; }

    /// <summary>The client's own address.</summary>
    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Connects to a port of 127.0.0.1.</summary>
    /// <param name="port">The port.</param>
    /// <param name="timeout">First value of <see cref="Timeout"/>.</param>
    public static async Task<RawClient> ConnectAsync(int port, TimeSpan? timeout = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        TimeSpan limit = timeout ?? DefaultTimeout;
        try
        {
            await BoundAsync(limit, async cancel => await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel), "connecting");
            return new RawClient(socket, limit);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects with TLS, trusting <see cref="TestCertificates.Root"/> unless told otherwise.</summary>
    public static async Task<RawClient> ConnectTlsAsync(
        int port,
        TestCertificate? certificate = null,
        string serverName = "localhost",
        TestCertificate? trusted = null,
        SslProtocols protocols = SslProtocols.None,
        TimeSpan? timeout = null)
    {
        RawClient client = await ConnectAsync(port, timeout);
        try
        {
            SslStream tls = new(client._stream);
            client._stream = tls;
            SslClientAuthenticationOptions options = TestTls.ClientOptions(certificate, trusted, protocols);
            options.TargetHost = serverName;
            await BoundAsync(client.Timeout, async cancel => await tls.AuthenticateAsClientAsync(options, cancel), "the TLS handshake");
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Sends text as Latin-1.</summary>
    /// <param name="text">The wire as the wire, CR and LF included.</param>
    /// <param name="whole">True sends it in one piece; false, the default, byte by byte.</param>
    public Task SendAsync(string text, bool whole = false) => SendAsync(Encoding.Latin1.GetBytes(text), whole);

    /// <summary>Sends bytes.</summary>
    /// <param name="bytes">What to send.</param>
    /// <param name="whole">True, the default here, sends them in one piece; false byte by byte.</param>
    public Task SendAsync(ReadOnlyMemory<byte> bytes, bool whole = true) => BoundAsync(
        Timeout,
        async cancel =>
        {
            int step = whole ? Math.Max(bytes.Length, 1) : 1;
            for (int i = 0; i < bytes.Length; i += step)
            {
                await _stream.WriteAsync(bytes.Slice(i, step), cancel);
            }
        },
        "sending");

    /// <summary>Reads one response, 1xx included, strictly by RFC 9112.</summary>
    /// <param name="isHead">True when it answers a HEAD request, so that no content follows.</param>
    /// <exception cref="RawClientException">What came is not a whole, well-formed response.</exception>
    public async Task<RawResponse> ReadResponseAsync(bool isHead = false)
    {
        try
        {
            return await _reader.ReadAsync(isHead).WaitAsync(Timeout);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"No whole response within {Timeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>Sends a request, byte by byte unless told otherwise, and reads its answer.</summary>
    public async Task<RawResponse> ExchangeAsync(string request, bool whole = false)
    {
        await SendAsync(request, whole);
        return await ReadResponseAsync(request.StartsWith("HEAD ", StringComparison.Ordinal));
    }

    /// <summary>Reads until the peer ends the connection, and says how it did.</summary>
    public async Task<RawEnd> ReadToEndAsync()
    {
        using MemoryStream bytes = new();
        try
        {
            await _reader.CopyToEndAsync(bytes).WaitAsync(Timeout);
        }
        catch (RawClientException) when (End == ConnectionEnd.Reset)
        {
            // The bytes before the reset are the answer.
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The connection is still open after {Timeout.TotalSeconds:0} s; it brought {bytes.Length} bytes.");
        }

        return new RawEnd(Encoding.Latin1.GetString(bytes.GetBuffer(), 0, (int)bytes.Length), End);
    }

    /// <summary>Half-closes: the peer sees FIN and may still answer.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>As <see cref="ShutdownSend"/>, over TLS with close_notify before it.</summary>
    public async Task EndSendAsync()
    {
        if (_stream is SslStream tls)
        {
            await tls.ShutdownAsync();
        }

        ShutdownSend();
    }

    /// <summary>Ends the connection with RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _stream.Dispose();
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            int received = await _stream.ReadAsync(buffer);
            if (received == 0)
            {
                End = ConnectionEnd.Fin;
            }

            return received;
        }
        catch (Exception e) when (TestTls.IsReset(e))
        {
            End = ConnectionEnd.Reset;
            throw new RawClientException("The connection was reset.");
        }
    }

    private static async Task BoundAsync(TimeSpan limit, Func<CancellationToken, Task> operation, string what)
    {
        using CancellationTokenSource deadline = new(limit);
        try
        {
            await operation(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"{what} took longer than {limit.TotalSeconds:0} s.");
        }
    }
}
