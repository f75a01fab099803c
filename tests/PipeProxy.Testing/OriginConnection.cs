using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PipeProxy.Testing;

/// <summary>One connection of a <see cref="ByteOrigin"/>: what its script reads, writes and does to it. Text is Latin-1.</summary>
public sealed class OriginConnection : IDisposable
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly CancellationToken _stop;
    private readonly Lock _lock = new();
    private readonly StringBuilder _received = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Stream _stream;
    private int _taken;

    internal OriginConnection(Socket socket, int number, CancellationToken stop)
    {
        _socket = socket;
        _socket.NoDelay = true;
        _stream = new NetworkStream(socket, ownsSocket: false);
        _stop = stop;
        Number = number;
    }

    /// <summary>0 for the origin's first connection.</summary>
    public int Number { get; }

    /// <summary>True once the script, or the end of the test, closed it.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The client certificate's subject, such as <c>CN=alice</c>; null without one.</summary>
    public string? ClientSubject { get; private set; }

    /// <summary>The host name of the client's SNI; empty without one, null without TLS.</summary>
    public string? ServerName { get; private set; }

    /// <summary>What ended the script or the TLS handshake early, such as the client's refusal of the origin's certificate; null otherwise.</summary>
    public Exception? Failure { get; internal set; }

    /// <summary>Everything that came so far, after TLS.</summary>
    public string Received
    {
        get
        {
            lock (_lock)
            {
                return _received.ToString();
            }
        }
    }

    /// <summary>Reads a message head, up to and with its empty line; what follows is kept for the next read.</summary>
    /// <exception cref="OriginEndException">The peer ended the connection before.</exception>
    public async Task<string> ReadHeadAsync() => await TryReadHeadAsync() ?? throw new OriginEndException("The peer ended the connection before a whole head.");

    /// <summary>As <see cref="ReadHeadAsync"/>; null when the peer ended the connection first.</summary>
    public Task<string?> TryReadHeadAsync() => TryReadUntilAsync(text =>
    {
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return end < 0 ? -1 : end + 4;
    });

    /// <summary>Reads exactly so many bytes.</summary>
    public async Task<string> ReadExactlyAsync(int length) =>
        await TryReadUntilAsync(text => text.Length < length ? -1 : length) ?? throw new OriginEndException($"The peer ended the connection before {length} bytes.");

    /// <summary>Reads until the unread text holds the given text, and returns it up to and with that.</summary>
    public async Task<string> ReadThroughAsync(string mark) =>
        await TryReadUntilAsync(text => text.IndexOf(mark, StringComparison.Ordinal) is >= 0 and int at ? at + mark.Length : -1)
            ?? throw new OriginEndException($"The peer ended the connection before '{mark}'.");

    /// <summary>Reads until the peer ends the connection or resets it, and returns what had not been read.</summary>
    public async Task<string> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        return Take(int.MaxValue);
    }

    /// <summary>Waits, without reading, until the test is over: an origin that stalls.</summary>
    public async Task StallAsync()
    {
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using (_stop.Register(over.SetResult))
        {
            await over.Task;
        }
    }

    /// <summary>Sends text in one piece.</summary>
    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends bytes in one piece.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes, _stop);
        await _stream.FlushAsync(_stop);
    }

    /// <summary>Sends text byte by byte.</summary>
    public async Task WriteSlowlyAsync(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int i = 0; i < bytes.Length; i++)
        {
            await WriteAsync(bytes.AsMemory(i, 1));
        }
    }

    /// <summary>Ends the connection in order: close_notify with TLS, then FIN.</summary>
    public async Task CloseAsync()
    {
        if (!IsClosed && _stream is SslStream { IsAuthenticated: true } tls)
        {
            await tls.ShutdownAsync();
        }

        Close();
    }

    /// <summary>FIN without close_notify; received bytes that were not read turn it into RST, as the kernel has it.</summary>
    public void Close()
    {
        IsClosed = true;
        _socket.Dispose();
    }

    /// <summary>FIN in the sending direction only.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>RST.</summary>
    public void Reset()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            _socket.LingerState = new LingerOption(true, 0);
            _socket.Dispose();
        }
    }

    /// <summary>As <see cref="Close"/>; the origin calls it after the script.</summary>
    public void Dispose()
    {
        Close();
        _stream.Dispose();
    }

    internal async Task AuthenticateAsync(ByteOriginTls settings)
    {
        SslStream tls = new(_stream);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = TestTls.Context(settings.Certificate),
                ClientCertificateRequired = settings.RequestClientCertificate,
#pragma warning disable CA5359 // Any client is served on purpose: the script sees who it is and decides.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
                EnabledSslProtocols = settings.Protocols,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            },
            _stop);
        ClientSubject = tls.RemoteCertificate?.Subject;
        ServerName = tls.TargetHostName;
    }

    private async Task<string?> TryReadUntilAsync(Func<string, int> end)
    {
        while (true)
        {
            int length = end(Unread());
            if (length >= 0)
            {
                return Take(length);
            }

            if (!await FillAsync())
            {
                return null;
            }
        }
    }

    private async Task<bool> FillAsync()
    {
        int received;
        try
        {
            received = await _stream.ReadAsync(_buffer, _stop);
        }
        catch (Exception e) when (TestTls.IsReset(e) || (e is ObjectDisposedException && IsClosed))
        {
            return false;
        }

        lock (_lock)
        {
            _received.Append(Encoding.Latin1.GetString(_buffer, 0, received));
        }

        return received > 0;
    }

    private string Unread()
    {
        lock (_lock)
        {
            return _received.ToString(_taken, _received.Length - _taken);
        }
    }

    private string Take(int length)
    {
        lock (_lock)
        {
            length = Math.Min(length, _received.Length - _taken);
            string text = _received.ToString(_taken, length);
            _taken += length;
            return text;
        }
    }
}

/// <summary>The peer ended a connection that a script still wanted to read from; ends the script, not the test.</summary>
public sealed class OriginEndException(string message) : Exception(message);
