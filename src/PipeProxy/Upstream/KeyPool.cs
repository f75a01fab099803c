using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>All connections under one <see cref="UpstreamKey"/>: a shelf per loop, and for the process a cap, a bound on how many open at a time and a gate.</summary>
/// <remarks>
/// Connections never change loops: a lease is taken from the shelf of the loop that the request lives on. What is shared is atomic
/// or behind the gate's lock, and touched when a connection opens or closes, not per request.
/// </remarks>
internal sealed partial class KeyPool
{
    // Connections that were opened together must not end together: each lives up to a tenth less than it may.
    private const double Jitter = 0.1;

    private readonly PoolShelf[] _shelves;
    private readonly ProxyMetrics _metrics;
    private readonly ILogger _logger;
    private readonly HandshakeRate _rate;
    private readonly PoolPlaces _places = new();
    private int _waiters;
    private uint _opened;
    private int _notRequested;
    private volatile bool _retired;
    private volatile PoolConfig _config;
    private volatile TlsClientOptions? _tls;

    /// <summary>Makes an empty pool.</summary>
    public KeyPool(UpstreamKey key, PoolConfig config, TlsClientOptions? tls, DateTimeOffset notAfter, IReadOnlyList<EventLoop> loops, ProxyMetrics metrics, ILogger? logger = null)
    {
        Key = key;
        _config = config;
        _metrics = metrics;
        _logger = logger ?? NullLogger.Instance;
        _tls = tls;
        NotAfter = notAfter;
        _rate = new HandshakeRate(loops[0].Time);
        Gate = new DialGate(loops[0].Time) { OnVerdict = TellVerdict, OnBreaker = OnBreaker };
        _shelves = new PoolShelf[loops.Count];
        for (var i = 0; i < _shelves.Length; i++)
        {
            _shelves[i] = new PoolShelf(this, loops[i], metrics.ForLoop(i));
        }

        Use(config);
    }

    /// <summary>The identity that every connection here was opened under.</summary>
    public UpstreamKey Key { get; }

    /// <summary>Caps and times in force.</summary>
    public PoolConfig Config => _config;

    /// <summary>Handshake options; null for plain origins.</summary>
    public TlsClientOptions? Tls => _tls;

    /// <summary>Before this nothing is opened ahead: the certificate is not valid yet.</summary>
    public DateTimeOffset NotBefore { get; init; } = DateTimeOffset.MinValue;

    /// <summary>No connection outlives the certificate it presented.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Whether a connection may be opened, by how the last ones ended.</summary>
    public DialGate Gate { get; }

    /// <summary>Opens connections ahead; null: nothing is.</summary>
    public UpstreamOpener? Opener { get; init; }

    /// <summary>No lease is granted any more; connections close as they come back.</summary>
    public bool Retired => _retired;

    /// <summary>Connections open or opening, busy and idle, on all loops.</summary>
    public int OpenConnections => _places.Open;

    /// <summary>Requests in line for a place.</summary>
    public bool IsAnyoneWaiting => Volatile.Read(ref _waiters) > 0;

    /// <summary>Loops that have a shelf here.</summary>
    public int LoopCount => _shelves.Length;

    /// <summary>What <paramref name="loop"/> counts.</summary>
    public LoopCounters CountersOf(EventLoop loop) => _shelves[loop.Index].Counters;

    /// <summary>Takes new settings: caps and times for connections from then on; the gate starts fresh.</summary>
    public void Use(PoolConfig config, TimeSpan handshakeTimeout)
    {
        _tls = _tls is { } tls && tls.HandshakeTimeout != handshakeTimeout ? tls with { HandshakeTimeout = handshakeTimeout } : _tls;
        Use(config);
    }

    private void Use(PoolConfig config)
    {
        _config = config;
        _rate.PerSecond = config.HandshakesPerSecond;
        Gate.Config = config.Breaker;
        Gate.Reset();
        WakeAll();
        if (config.MinIdle > 0 && Opener is not null)
        {
            foreach (var shelf in _shelves)
            {
                shelf.Loop.Post(static state => ((PoolShelf)state!).Warmer.Look(), shelf);
            }
        }
    }

    /// <summary>True once: the origin asked for no certificate, which is worth one line in the log and not one a connection.</summary>
    public bool TryNoteNotRequested() => Interlocked.Exchange(ref _notRequested, 1) == 0;

    /// <summary>Whether the certificate's time is over.</summary>
    public bool IsPastNotAfter(TimeProvider time) => NotAfter != DateTimeOffset.MaxValue && time.GetUtcNow() >= NotAfter;

    /// <summary>Milliseconds that the next connection may live: the maximum age, less up to a tenth of it, spread evenly by the connection's number.</summary>
    public long NextLifetime()
    {
        // Multiples of the golden ratio's fraction fall evenly into 0 to 1, however many there are.
        var share = unchecked(Interlocked.Increment(ref _opened) * 2654435769u) / (double)uint.MaxValue;
        return (long)(Config.MaxAge.TotalMilliseconds * (1 - (Jitter * share)));
    }

    /// <summary>Takes the connection that was idle for the shortest time on <paramref name="loop"/>.</summary>
    public bool TryTakeIdle(EventLoop loop, [NotNullWhen(true)] out UpstreamConnection? connection)
    {
        loop.AssertInside();
        var idle = _shelves[loop.Index].Idle;
        while (!_retired && idle.Count > 0)
        {
            connection = idle[^1];
            idle.RemoveAt(idle.Count - 1);
            if (connection.TryLease())
            {
                return true;
            }
        }

        connection = null;
        return false;
    }

    /// <summary>Takes a place under the cap for a connection to be opened. An <see cref="UpstreamConnection"/> must be made for it, which gives it back.</summary>
    public bool TryReserveSlot()
    {
        var config = Config;
        return _places.TryTake(config.MaxConnections, config.MaxConnecting);
    }

    /// <summary>When the next handshake is due by the rate's bound.</summary>
    /// <param name="within">A turn later than that is not taken; then null.</param>
    public TimeSpan? TakeTurn(TimeSpan within) => _rate.Take(within);

    /// <summary>Puts a connection that may serve another request back: to the first in line, else on the shelf.</summary>
    /// <returns>False: nobody keeps it, the caller closes it.</returns>
    public bool TryPutBack(UpstreamConnection connection)
    {
        var shelf = _shelves[connection.Loop.Index];
        if (_retired)
        {
            return false;
        }

        if (shelf.WakeOne(connection))
        {
            return true;
        }

        // Somebody waits on another loop and a connection cannot move there: closing this one frees its place for them.
        if (IsAnyoneWaiting && OpenConnections >= Config.MaxConnections)
        {
            return false;
        }

        shelf.Idle.Add(connection);
        return true;
    }

    /// <summary>Keeps track of a connection that begins to be opened.</summary>
    public void Add(UpstreamConnection connection) => _shelves[connection.Loop.Index].Add(connection);

    /// <summary>Takes a connection off the shelf because it ended while nobody's.</summary>
    public void Remove(UpstreamConnection connection) => _shelves[connection.Loop.Index].Idle.Remove(connection);

    /// <summary>The connection has a socket and a handshake behind it: another may be opened.</summary>
    public void LeftConnecting(EventLoop loop)
    {
        _places.EndConnecting();
        WakeNext(loop);
    }

    /// <summary>The connection is closed: its place goes to the next in line, one who waits on this loop, else on any other.</summary>
    public void Release(UpstreamConnection connection)
    {
        _shelves[connection.Loop.Index].Forget(connection);
        _places.Free();
        WakeNext(connection.Loop);
    }

    /// <summary>A connection that was opened ahead was taken by the origin, or refused.</summary>
    public void AheadEnded(UpstreamConnection connection, Failure? failure)
    {
        var warmer = _shelves[connection.Loop.Index].Warmer;
        if (failure is null)
        {
            warmer.Succeeded();
        }
        else
        {
            warmer.Failed(failure);
        }
    }

    /// <summary>Ends this identity: idle connections close now, busy ones when their response ends and at the latest after <see cref="PoolConfig.DrainTimeout"/>, those opening are never used.</summary>
    public void Retire()
    {
        _retired = true;
        foreach (var shelf in _shelves)
        {
            shelf.Loop.Post(static state => ((PoolShelf)state!).Retire(), shelf);
        }
    }

    /// <summary>Ends connections to addresses that are not among <paramref name="addresses"/>. From any thread.</summary>
    public void KeepOnly(IReadOnlyCollection<IPAddress> addresses)
    {
        foreach (var shelf in _shelves)
        {
            shelf.Loop.Post(static state => Apply(((PoolShelf, IReadOnlyCollection<IPAddress>))state!), (shelf, addresses));
        }

        static void Apply((PoolShelf Shelf, IReadOnlyCollection<IPAddress> Addresses) state) => state.Shelf.KeepOnly(state.Addresses);
    }
}
