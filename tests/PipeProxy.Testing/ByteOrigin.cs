using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace PipeProxy.Testing;

/// <summary>The TLS side of a <see cref="ByteOrigin"/>.</summary>
public sealed record ByteOriginTls
{
    /// <summary>The origin's certificate. Default <see cref="TestCertificates.Server"/>.</summary>
    public TestCertificate Certificate { get; init; } = TestCertificates.Server;

    /// <summary>Asks for a client certificate and takes any. Default true. It cannot reject as an ALB does: a .NET server sends no alert.</summary>
    public bool RequestClientCertificate { get; init; } = true;

    /// <summary>TLS versions; the platform's by default.</summary>
    public SslProtocols Protocols { get; init; } = SslProtocols.None;
}

/// <summary>An origin in the test's own process that plays a script on each connection, byte for byte, and records what came.</summary>
/// <remarks>
/// The script's end closes the connection (FIN) unless it did something else. A script that fails resets its connection, and
/// <see cref="DisposeAsync"/> reports it; a peer that went away is not a failure.
/// </remarks>
public sealed class ByteOrigin : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<OriginConnection, Task> _script;
    private readonly ByteOriginTls? _tls;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<OriginConnection> _connections = [];
    private readonly List<Task> _scripts = [];
    private readonly List<Exception> _failures = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly Task _accepting;
    private int _waitedFor;

    private ByteOrigin(Func<OriginConnection, Task> script, ByteOriginTls? tls)
    {
        _script = script;
        _tls = tls;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>The port of 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Scheme, localhost and port.</summary>
    public string Url => $"{(_tls is null ? "http" : "https")}://localhost:{Port}";

    /// <summary>All connections so far, in order of acceptance.</summary>
    public IReadOnlyList<OriginConnection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _connections];
            }
        }
    }

    /// <summary>Starts an origin.</summary>
    /// <param name="script">Played once per connection; <see cref="OriginConnection.Number"/> tells the first from the second.</param>
    /// <param name="tls">TLS settings; plain TCP when null.</param>
    public static ByteOrigin Start(Func<OriginConnection, Task> script, ByteOriginTls? tls = null) => new(script, tls);

    /// <summary>An origin that reads one request head per answer and sends the given bytes, connection after connection.</summary>
    public static ByteOrigin Answering(string response, ByteOriginTls? tls = null) => Start(
        async connection =>
        {
            while (await connection.TryReadHeadAsync() is not null)
            {
                await connection.WriteAsync(response);
            }
        },
        tls);

    /// <summary>Waits for the next connection that nobody has waited for yet.</summary>
    public async Task<OriginConnection> WaitForConnectionAsync(TimeSpan? timeout = null)
    {
        TimeSpan limit = timeout ?? OriginConnection.DefaultTimeout;
        if (!await _arrived.WaitAsync(limit))
        {
            throw new TimeoutException($"No connection within {limit.TotalSeconds:0} s.");
        }

        lock (_lock)
        {
            return _connections[_waitedFor++];
        }
    }

    /// <summary>Closes listener and connections, and throws what a script failed with.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] scripts;
        lock (_lock)
        {
            foreach (OriginConnection connection in _connections)
            {
                connection.Close();
            }

            scripts = [.. _scripts];
        }

        await Task.WhenAll(scripts).WaitAsync(OriginConnection.DefaultTimeout);
        _stop.Dispose();
        _arrived.Dispose();
        if (_failures.Count > 0)
        {
            throw new AggregateException("A script of ByteOrigin failed.", _failures);
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            lock (_lock)
            {
                OriginConnection connection = new(socket, _connections.Count, _stop.Token);
                _connections.Add(connection);
                _scripts.Add(Task.Run(() => PlayAsync(connection)));
            }

            _arrived.Release();
        }
    }

    private async Task PlayAsync(OriginConnection connection)
    {
        try
        {
            if (_tls is not null)
            {
                await connection.AuthenticateAsync(_tls);
            }

            await _script(connection);
            await connection.CloseAsync();
        }
        catch (Exception e) when (_stop.IsCancellationRequested || connection.IsClosed || TestTls.IsReset(e) || e is AuthenticationException or IOException or OriginEndException)
        {
            // The peer went away or refused the handshake, or the test is over.
            connection.Failure = e;
            connection.Close();
        }
        catch (Exception e)
        {
            connection.Failure = e;
            connection.Reset();
            lock (_lock)
            {
                _failures.Add(e);
            }
        }
        finally
        {
            connection.Dispose();
        }
    }
}
