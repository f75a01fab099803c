using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace AlbSimulator;

/// <summary>An Application Load Balancer's HTTPS listener to develop against, with a target behind it that says back what it was sent.</summary>
/// <remarks>
/// Its TLS is BouncyCastle's, because a .NET server on Linux sends no alert when it refuses a client certificate. A thread per connection:
/// made for hundreds of connections, not for throughput. All members are safe from several threads.
/// </remarks>
public sealed class LoadBalancer : IAsyncDisposable
{
    /// <summary>Requests and rejections kept; older ones are dropped.</summary>
    private const int MaxRecords = 100_000;

    /// <summary>BouncyCastle's handshake needs more than the default of some C libraries, and far less than 8 MiB.</summary>
    private const int StackBytes = 512 * 1024;

    private readonly LoadBalancerOptions _options;
    private readonly ServerIdentity _identity;
    private readonly ClientCertificateVerifier? _verifier;
    private readonly Socket _listener;
    private readonly Thread _acceptor;
    private readonly ConcurrentDictionary<ClientConnection, Thread> _connections = [];
    private readonly ConcurrentQueue<SeenRequest> _requestsSeen = [];
    private readonly ConcurrentQueue<Rejection> _rejections = [];
    private long _accepted;
    private long _handshakes;
    private long _requests;
    private long _requestBytes;
    private volatile bool _stopping;

    private LoadBalancer(LoadBalancerOptions options)
    {
        _options = options;
        _identity = new ServerIdentity(options.CertificatePem, options.PrivateKeyPem);
        if (options.Mode == MutualTlsMode.Verify)
        {
            _verifier = new ClientCertificateVerifier(
                options.TrustStorePem ?? throw new ArgumentException("Verify mode needs a trust store.", nameof(options)), options.CrlPem);
        }

        Log = options.ConnectionLog is null ? null : new ConnectionLog(options.ConnectionLog);
        _listener = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _acceptor = new Thread(AcceptAll) { IsBackground = true, Name = "alb-accept" };
    }

    public int Port => EndPoint.Port;

    /// <summary>Where it listens, with the port that was free.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary><c>https://ADDRESS:PORT</c>, without a slash at the end.</summary>
    public string Url => $"https://{EndPoint}";

    /// <summary>Connections accepted so far.</summary>
    public long Connections => Interlocked.Read(ref _accepted);

    /// <summary>Connections whose thread has not ended.</summary>
    public int OpenConnections => _connections.Count;

    /// <summary>Handshakes that ended with an accepted client.</summary>
    public long HandshakesCompleted => Interlocked.Read(ref _handshakes);

    /// <summary>Requests read to their end, counted before the answer goes out.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Application bytes received: zero means that no client has sent a byte of a request.</summary>
    public long RequestBytesSeen => Interlocked.Read(ref _requestBytes);

    /// <summary>The last requests, oldest first.</summary>
    public IReadOnlyCollection<SeenRequest> RequestsSeen => _requestsSeen;

    /// <summary>The last refused certificates, oldest first. Recorded before the client is told.</summary>
    public IReadOnlyCollection<Rejection> Rejections => _rejections;

    internal ConnectionLog? Log { get; }

    /// <summary>Listens; connections are accepted when this returns.</summary>
    /// <exception cref="SocketException">The address is not free.</exception>
    /// <exception cref="ArgumentException">A certificate is missing or cannot be read.</exception>
    public static LoadBalancer Start(LoadBalancerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var loadBalancer = new LoadBalancer(options);
        try
        {
            loadBalancer._listener.Bind(options.Listen);
            loadBalancer._listener.Listen(1024);
        }
        catch (SocketException)
        {
            loadBalancer._listener.Dispose();
            loadBalancer.Log?.Dispose();
            throw;
        }

        loadBalancer.EndPoint = (IPEndPoint)loadBalancer._listener.LocalEndPoint!;
        loadBalancer._acceptor.Start();
        return loadBalancer;
    }

    /// <summary>Closes the listener and every connection, and waits for their threads.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _listener.Dispose();
        await Task.Run(() =>
        {
            _acceptor.Join();
            foreach (var (connection, thread) in _connections)
            {
                connection.Dispose();
                thread.Join();
            }
        }).ConfigureAwait(false);
        Log?.Dispose();
    }

    internal void CountHandshake() => Interlocked.Increment(ref _handshakes);

    internal void CountRequestBytes(int count) => Interlocked.Add(ref _requestBytes, count);

    internal void Count(SeenRequest request)
    {
        Interlocked.Increment(ref _requests);
        Keep(_requestsSeen, request);
        _options.OnRequest?.Invoke(request);
    }

    internal void Count(Rejection rejection) => Keep(_rejections, rejection);

    private static void Keep<T>(ConcurrentQueue<T> queue, T item)
    {
        queue.Enqueue(item);
        if (queue.Count > MaxRecords)
        {
            queue.TryDequeue(out _);
        }
    }

    private void AcceptAll()
    {
        while (!_stopping)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The listener was closed, or a client left between its SYN and our accept.
                continue;
            }

            Interlocked.Increment(ref _accepted);
            Open(socket);
        }
    }

    private void Open(Socket socket)
    {
        ClientConnection connection;
        try
        {
            socket.NoDelay = true;
            connection = new ClientConnection(this, _options, _identity, _verifier, socket);
        }
        catch (SocketException)
        {
            // Reset before it could be looked at.
            socket.Dispose();
            return;
        }

        var thread = new Thread(
            () => Run(connection),
            StackBytes)
        {
            IsBackground = true,
            Name = "alb-connection",
        };
        _connections[connection] = thread;
        thread.Start();
    }

    private void Run(ClientConnection connection)
    {
        try
        {
            connection.Run();
        }
        catch (Exception e)
        {
            // What a client can cause is handled below; this is a mistake of the tool or of a callback, and the others go on.
            Console.Error.WriteLine(e);
            connection.Dispose();
        }

        _connections.TryRemove(connection, out _);
    }
}
