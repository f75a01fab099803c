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
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ClientConnection, bool> _connections = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConnectionServices _services;
    private readonly TlsAcceptor _acceptor;
    private readonly List<SocketListener> _sockets = [];
    private volatile ListenerSettings _settings;
    private volatile bool _draining;
    private volatile bool _stopped;
    private volatile bool _cutting;
    private int _open;
    private int _admitted;
    private long _refused;
    private long _refusalsToldAt;

    private ClientListener(string url, ConnectionServices services, TlsAcceptor acceptor, ListenerSettings settings)
    {
        Url = url;
        _services = services;
        _acceptor = acceptor;
        _settings = settings;
    }

    /// <summary>Starts listening.</summary>
    /// <param name="config">The address, as configured.</param>
    /// <param name="address">The same, taken apart.</param>
    /// <param name="loops">Loops that take connections, in turn.</param>
    /// <param name="services">What its connections share.</param>
    /// <param name="acceptor">Does TLS handshakes.</param>
    /// <param name="settings">What is in force at first.</param>
    /// <returns>The listener, or why there is none.</returns>
    public static async Task<(ClientListener? Listener, ListenStatus Status, string? Error)> OpenAsync(ListenerConfig config, ListenerAddress address, IReadOnlyList<EventLoop> loops, ConnectionServices services, TlsAcceptor acceptor, ListenerSettings settings)
    {
        var listener = new ClientListener(config.Url, services, acceptor, settings);
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
                return (null, started.Status, started.Error);
            }
        }

        listener.BoundUrl = address.Url;
        return (listener, ListenStatus.Ok, null);
    }

    /// <summary>The configured URL, which names the listener across configurations.</summary>
    public string Url { get; }

    /// <summary>The URL with the port that was really taken.</summary>
    public string BoundUrl { get; private set; } = "";

    /// <summary>Connections open now, those in their handshake included.</summary>
    public int ConnectionCount => Volatile.Read(ref _open);

    /// <summary>What is in force for connections accepted from now on.</summary>
    public ListenerSettings Settings
    {
        get => _settings;
        set => _settings = value;
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
        // Before the connections are gone through: what is accepted while the sockets close sees the flag, and is cut too.
        _cutting = true;
        var drained = DrainAsync();
        foreach (var connection in _connections.Keys)
        {
            PostCut(connection);
        }

        await drained.ConfigureAwait(false);
    }

    private static void PostCut(ClientConnection connection) => connection.Loop.Post(static state => ((ClientConnection)state!).Cut(), connection);

    // On the connection's loop.
    private void Accept(SocketConnection socket)
    {
        var settings = _settings;
        var refusal = Admit(settings);
        if (refusal is not null)
        {
            TellRefusals(refusal, socket.Loop);
            if (!_services.Counts.TryRefuse())
            {
                socket.Abort();
                return;
            }
        }

        Interlocked.Increment(ref _open);
        _ = ServeAsync(socket, settings, refusal);
    }

    // Null: there is room, and a place of the process and one of the listener are taken.
    private Failure? Admit(ListenerSettings settings)
    {
        var total = _services.Settings.MaxConnections;
        if (!_services.Counts.TryEnter(total))
        {
            return new Failure(Outcome.ClientConnectionLimit, $"The proxy has {total} connections open already.", "Try again later, or raise limits.connections.");
        }

        if (ConnectionCounts.TryTake(ref _admitted, settings.MaxConnections))
        {
            return null;
        }

        _services.Counts.Leave();
        return new Failure(Outcome.ClientConnectionLimit, $"This listener has {settings.MaxConnections} connections open already.", "Try again later, or raise the listener's connections.");
    }

    private async Task ServeAsync(SocketConnection socket, ListenerSettings settings, Failure? refusal)
    {
        var counters = _services.Metrics.ForLoop(socket.Loop.Index);
        counters.ClientOpened();
        var connection = new ClientConnection(socket, settings, _services, _acceptor, refusal);
        _connections.TryAdd(connection, true);
        if (_draining)
        {
            connection.Drain();
        }

        if (_cutting)
        {
            PostCut(connection);
        }

        try
        {
            await connection.RunAsync();
        }
#pragma warning disable CA1031 // A bug in one connection ends that connection and is told; the others go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await socket.Loop.Enter();
            socket.Abort();
            _services.Logger.LogError(e, "A client's connection failed inside the proxy. This is a bug; please report it.");
        }
        finally
        {
            counters.ClientClosed();
            _connections.TryRemove(connection, out _);
            if (refusal is null)
            {
                Interlocked.Decrement(ref _admitted);
                _services.Counts.Leave();
            }
            else
            {
                _services.Counts.EndRefusal();
            }

            if (Interlocked.Decrement(ref _open) == 0 && _stopped)
            {
                _drained.TrySetResult();
            }
        }
    }

    // One line in ten seconds: a flood must not fill the log.
    private void TellRefusals(Failure refusal, EventLoop loop)
    {
        var refused = Interlocked.Increment(ref _refused);
        var (now, toldAt) = (loop.Time.GetTimestamp(), Volatile.Read(ref _refusalsToldAt));
        if ((toldAt == 0 || loop.Time.GetElapsedTime(toldAt, now) >= TellEvery) && Interlocked.CompareExchange(ref _refusalsToldAt, now, toldAt) == toldAt)
        {
            LogRefused(_services.Logger, Url, refusal.Detail, refused);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Url} refuses connections. {Detail} Refused since the start: {Count}.")]
    private static partial void LogRefused(ILogger logger, string url, string detail, long count);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Trouble}")]
    private static partial void LogTrouble(ILogger logger, string trouble);
}
