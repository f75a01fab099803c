using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Connections;

/// <summary>One listening address and the connections that came in through it.</summary>
/// <remarks>Any thread; each connection runs on the loop that accepted it.</remarks>
internal sealed partial class ClientListener : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Http1Connection, bool> _connections = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConnectionServices _services;
    private readonly TlsAcceptor _acceptor;
    private readonly List<SocketListener> _sockets = [];
    private volatile TlsServerOptions? _tls;
    private volatile bool _draining;
    private volatile bool _stopped;
    private int _open;

    private ClientListener(string url, ConnectionServices services, TlsAcceptor acceptor, TlsServerOptions? tls)
    {
        Url = url;
        _services = services;
        _acceptor = acceptor;
        _tls = tls;
    }

    /// <summary>Starts listening.</summary>
    /// <param name="config">The address, as configured.</param>
    /// <param name="address">The same, taken apart.</param>
    /// <param name="loops">Loops that take connections, in turn.</param>
    /// <param name="services">What its connections share.</param>
    /// <param name="acceptor">Does TLS handshakes.</param>
    /// <param name="tls">Certificates of an https listener; null for a plain one.</param>
    /// <returns>The listener, or why there is none.</returns>
    public static async Task<(ClientListener? Listener, string? Error)> OpenAsync(ListenerConfig config, ListenerAddress address, IReadOnlyList<EventLoop> loops, ConnectionServices services, TlsAcceptor acceptor, TlsServerOptions? tls)
    {
        var listener = new ClientListener(config.Url, services, acceptor, tls);
        foreach (var ip in address.Addresses)
        {
            // The second address of localhost takes the port that the first one got.
            var started = await SocketListener.StartAsync(loops, new IPEndPoint(ip, address.Port), listener.Accept, trouble => LogTrouble(services.Logger, trouble));

            // That call returns on a loop, which has other things to do.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (started.Listener is not null)
            {
                listener._sockets.Add(started.Listener);
                address = address with { Port = started.Listener.LocalEndPoint.Port };
            }
            else if (started.Status != ListenStatus.AddressNotAvailable || listener._sockets.Count == 0)
            {
                await listener.DisposeAsync().ConfigureAwait(false);
                return (null, started.Error);
            }
        }

        listener.BoundUrl = address.Url;
        return (listener, null);
    }

    /// <summary>The configured URL, which names the listener across configurations.</summary>
    public string Url { get; }

    /// <summary>The URL with the port that was really taken.</summary>
    public string BoundUrl { get; private set; } = "";

    /// <summary>Connections open now, those in their handshake included.</summary>
    public int ConnectionCount => Volatile.Read(ref _open);

    /// <summary>Certificates for handshakes from now on; null on a plain listener.</summary>
    public TlsServerOptions? Tls
    {
        get => _tls;
        set => _tls = value;
    }

    /// <summary>Takes no more connections; lets those there are end after the request that they serve or that still arrives.</summary>
    /// <returns>Completes when the last one has ended.</returns>
    public async Task DrainAsync()
    {
        // Before the sockets close: who is refused may conclude that those who are connected have been told.
        _draining = true;
        foreach (var connection in _connections.Keys)
        {
            connection.Drain();
        }

        foreach (var socket in _sockets)
        {
            await socket.StopAsync();
        }

        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _stopped = true;

        // Whoever ends from here on sees the flag; whoever ended before is no longer counted.
        if (ConnectionCount == 0)
        {
            _drained.TrySetResult();
        }

        await _drained.Task.ConfigureAwait(false);
    }

    /// <summary>Ends everything at once; completes when the last connection has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        var drained = DrainAsync();
        foreach (var connection in _connections.Keys)
        {
            connection.Loop.Post(static state => ((Http1Connection)state!).Cut(), connection);
        }

        await drained.ConfigureAwait(false);
    }

    // On the connection's loop.
    private void Accept(SocketConnection socket)
    {
        Interlocked.Increment(ref _open);
        _ = ServeAsync(socket);
    }

    private async Task ServeAsync(SocketConnection socket)
    {
        var loop = socket.Loop;
        var counters = _services.Metrics.ForLoop(loop.Index);
        counters.ClientOpened();
        Http1Connection? connection = null;
        try
        {
            LoopStream? stream = socket;
            if (_tls is { } tls)
            {
                var secured = await _acceptor.AcceptAsync(socket, tls);
                stream = secured.Connection;
                if (secured.Failure is { } failure)
                {
                    LogHandshake(failure, socket);
                }
            }

            if (stream is not null)
            {
                connection = new Http1Connection(stream, _services);
                _connections.TryAdd(connection, true);
                if (_draining)
                {
                    connection.Drain();
                }

                await connection.RunAsync();
            }
        }
#pragma warning disable CA1031 // A bug in one connection ends that connection and is told; the others go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await loop.Enter();
            socket.Abort();
            _services.Logger.LogError(e, "A client's connection failed inside the proxy. This is a bug; please report it.");
        }
        finally
        {
            counters.ClientClosed();
            if (connection is not null)
            {
                _connections.TryRemove(connection, out _);
            }

            if (Interlocked.Decrement(ref _open) == 0 && _stopped)
            {
                _drained.TrySetResult();
            }
        }
    }

    private void LogHandshake(Failure failure, SocketConnection socket)
    {
        if (_services.Logger.IsEnabled(LogLevel.Debug))
        {
            LogHandshake(_services.Logger, socket.RemoteEndPoint, failure.Detail);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The TLS handshake with client {Client} failed: {Detail}")]
    private static partial void LogHandshake(ILogger logger, EndPoint? client, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Trouble}")]
    private static partial void LogTrouble(ILogger logger, string trouble);
}
