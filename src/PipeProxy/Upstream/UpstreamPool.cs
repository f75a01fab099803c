using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PipeProxy.Certificates;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Tls;
using PipeProxy.Transport;

namespace PipeProxy.Upstream;

/// <summary>Leases of origin connections, by whole identity.</summary>
/// <remarks>
/// Overview of identity. A route asks by name (<see cref="UpstreamTarget"/>); the name means a chain only at a moment
/// (<see cref="UpstreamBinding"/>); connections are kept per whole identity (<see cref="KeyPool"/>). Binding is looked at when a
/// lease is granted: before the shelf is touched, again after queueing, again after a handshake. A connection whose identity was
/// retired meanwhile is closed, never leased and never put back.
/// </remarks>
internal sealed partial class UpstreamPool
{
    private readonly ConcurrentDictionary<UpstreamKey, KeyPool> _pools;

    // Retired, with connections that still end.
    private readonly ConcurrentDictionary<KeyPool, bool> _leaving = new();
    private readonly IReadOnlyList<EventLoop> _loops;
    private readonly ProxyMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PlantedMistake _mistake;

    /// <summary>Makes an empty pool for <paramref name="loops"/>, indexed by their numbers.</summary>
    /// <param name="loops">Those that requests live on.</param>
    /// <param name="dialer">Opens connections.</param>
    /// <param name="metrics">Counts them.</param>
    /// <param name="time">The clock of validities.</param>
    /// <param name="sizes">How the connections' reading buffers grow.</param>
    /// <param name="logger">The operator's log.</param>
    /// <param name="keys">How keys are compared: a simulation's own. Null: whole.</param>
    /// <param name="mistake">What a simulation has planted, to see that it is caught.</param>
    public UpstreamPool(
        IReadOnlyList<EventLoop> loops,
        UpstreamDialer dialer,
        ProxyMetrics metrics,
        TimeProvider time,
        BufferSizes? sizes = null,
        ILogger? logger = null,
        IEqualityComparer<UpstreamKey>? keys = null,
        PlantedMistake mistake = PlantedMistake.None)
    {
        _pools = new ConcurrentDictionary<UpstreamKey, KeyPool>(keys);
        _mistake = mistake;
        _loops = loops;
        _metrics = metrics;
        _time = time;
        _logger = logger ?? NullLogger.Instance;
        Opener = new UpstreamOpener(dialer, sizes ?? BufferSizes.Default, metrics, _logger, time);
    }

    /// <summary>Opens its connections.</summary>
    public UpstreamOpener Opener { get; }

    /// <summary>Every identity that leases are granted under; a snapshot for listings and tests.</summary>
    public IReadOnlyCollection<KeyPool> Pools => [.. _pools.Values];

    /// <summary>The same and those that were retired and still have connections.</summary>
    public IReadOnlyCollection<KeyPool> AllPools
    {
        get
        {
            ForgetEnded();
            return [.. _pools.Values, .. _leaving.Keys];
        }
    }

    /// <summary>Rents a connection for one exchange on the calling loop.</summary>
    /// <param name="target">What the route asks for.</param>
    /// <param name="fresh">A new connection, none from the shelf: for the one retry after a stale one.</param>
    public ValueTask<UpstreamLease> RentAsync(UpstreamTarget target, bool fresh)
    {
        var loop = EventLoop.Current!;
        var binding = target.Binding;
        return !fresh && binding.Pool is { } pool && pool.TryTakeIdle(loop, out var connection)
            ? new ValueTask<UpstreamLease>(new UpstreamLease(connection))
            : OpenOrWaitAsync(target, loop, fresh);
    }

    [AsyncMethodBuilder(typeof(LoopTaskMethodBuilder<>))]
    private async ValueTask<UpstreamLease> OpenOrWaitAsync(UpstreamTarget target, EventLoop loop, bool fresh)
    {
        var until = 0L;
        UpstreamBinding? first = null;

        // Whose place this request was woken for; not taken, it goes to the next in line.
        KeyPool? offered = null;
        try
        {
            while (true)
            {
                // :: Step 1: what the target means now
                var binding = first ?? target.Binding;
                if (_mistake == PlantedMistake.BindingKept)
                {
                    first = binding;
                }

                if (CannotUse(binding) is { } unusable)
                {
                    return new UpstreamLease(unusable);
                }

                var pool = binding.Pool!;
                if (IsOrphan(target, pool))
                {
                    return new UpstreamLease(DescribeOrphan(target, pool));
                }

                // :: Step 2: a connection that is there
                if (!fresh && pool.TryTakeIdle(loop, out var idle))
                {
                    return new UpstreamLease(idle);
                }

                // :: Step 3: one that is opened, if the gate says so and there is a place
                var gate = pool.Gate.TryEnter(out var ticket, out var left);
                if (gate == GateAnswer.Refused)
                {
                    _metrics.Upstreams.BreakerRefused();
                    return new UpstreamLease(DescribeBreaker(pool, left));
                }

                if (gate == GateAnswer.Enter)
                {
                    if (pool.TryReserveSlot())
                    {
                        offered = null;
                        var opened = new UpstreamConnection(pool, loop, ticket);
                        if (await Opener.OpenAsync(opened, lent: true) is { } failure)
                        {
                            return new UpstreamLease(failure);
                        }

                        // The certificate may have ended in the handshake: the next round says so.
                        if (IsStillBound(target, pool) && !IsOrphan(target, pool) && CannotUse(binding) is null)
                        {
                            return new UpstreamLease(opened);
                        }

                        opened.Close(UpstreamCloseReason.Retired);
                        continue;
                    }

                    pool.Gate.Abandoned(ticket);
                }

                // :: Step 4: the line for a place, with one deadline for the whole wait, however often a place that became free went to somebody else; or
                // the wait for the verdict, which comes by itself
                PoolAnswer answer;
                if (gate == GateAnswer.Wait)
                {
                    offered?.WakeNext(loop);
                    offered = null;
                    answer = await pool.EnqueueForVerdict(loop, Opener.LongestAttempt(pool)).Answer;
                }
                else
                {
                    // There was none to take; one that becomes free meanwhile the line itself gives away when somebody joins it.
                    offered = null;
                    until = until == 0 ? loop.Now + (long)pool.Config.QueueTimeout.TotalMilliseconds : until;
                    var rest = TimeSpan.FromMilliseconds(until - loop.Now);
                    answer = rest > TimeSpan.Zero ? await pool.Enqueue(loop, rest).Answer : new PoolAnswer(null, TimedOut: true);
                }

                if (answer.Failure is not null)
                {
                    return new UpstreamLease(answer.Failure);
                }

                if (answer.TimedOut)
                {
                    return new UpstreamLease(DescribeWait(pool, gate));
                }

                offered = answer.Connection is null && gate != GateAnswer.Wait ? pool : null;
                if (answer.Connection is { } handed)
                {
                    if (!fresh && IsStillBound(target, pool) && handed.TryLease())
                    {
                        return new UpstreamLease(handed);
                    }

                    handed.Close(UpstreamCloseReason.Retired);
                }
            }
        }
        finally
        {
            offered?.WakeNext(loop);
        }
    }

    // Time has passed since the binding was looked at: in the queue, or in a handshake.
    private bool IsStillBound(UpstreamTarget target, KeyPool pool)
        => ReferenceEquals(target.Binding.Pool, pool) || _mistake == PlantedMistake.BindingKept;

    // A target that a reload left behind: nobody rebinds it, so its pool stays retired and trying again would never end. A request that
    // leaves under no identity is still served, over a connection that closes behind it.
    private static bool IsOrphan(UpstreamTarget target, KeyPool pool)
        => pool.Retired && pool.Key.Identity is not null && ReferenceEquals(target.Binding.Pool, pool);

    // The binding was made when certificates were loaded; time has gone on since.
    private Failure? CannotUse(UpstreamBinding binding)
        => binding.Unusable ?? (binding.Certificate is { } certificate && CertificateProblem.Of(certificate, _time.GetUtcNow(), binding.Environment) is { } problem ? FailureOf(problem) : null);

    /// <summary>Says what a target's certificate name means now, and opens a pool for it if it is new.</summary>
    public UpstreamBinding Bind(string scheme, string host, int port, string? certificateName, UpstreamConfig config, UpstreamTrust trust, CertificateSet certificates, EnvironmentType environment)
    {
        ClientCertificate? certificate = null;
        if (certificateName is not null && !certificates.Certificates.TryGetValue(certificateName, out certificate))
        {
            return new UpstreamBinding(null, FailureOf(CertificateProblem.Missing(certificateName, certificates)), null, environment);
        }

        // A certificate that will become valid is bound now and looked at again when it is used.
        if (certificate?.UsabilityAt(_time.GetUtcNow(), environment) is CertificateUsability.Disabled or CertificateUsability.NotEnabledForEnvironment)
        {
            return new UpstreamBinding(null, FailureOf(CertificateProblem.Of(certificate, _time.GetUtcNow(), environment)!), certificate, environment);
        }

        var key = KeyOf(scheme, host, port, certificate, config, trust);
        var notAfter = certificate?.NotAfter ?? DateTimeOffset.MaxValue;
        var pool = _pools.GetOrAdd(key, added => new KeyPool(added, config.Pool, TlsOptionsOf(added, certificate, trust), notAfter, _loops, _metrics, _logger)
        {
            NotBefore = certificate?.NotBefore ?? DateTimeOffset.MinValue,
            Opener = Opener,
        });
        pool.Use(config.Pool, trust.HandshakeTimeout);
        return new UpstreamBinding(pool, null, certificate, environment);
    }

    /// <summary>Retires every identity that is in none of <paramref name="bindings"/>: what was removed, replaced or disabled.</summary>
    public void RetireAllBut(IEnumerable<UpstreamBinding> bindings)
    {
        var kept = bindings.Select(static binding => binding.Pool).Where(static pool => pool is not null).ToHashSet();
        foreach (var (key, pool) in _pools)
        {
            if (!kept.Contains(pool) && _pools.TryRemove(key, out _))
            {
                _leaving[pool] = true;
                pool.Retire();
            }
        }

        ForgetEnded();
    }

    private void ForgetEnded()
    {
        foreach (var pool in _leaving.Keys.Where(static pool => pool.OpenConnections == 0))
        {
            _leaving.TryRemove(pool, out _);
        }
    }

    private static UpstreamKey KeyOf(string scheme, string host, int port, ClientCertificate? certificate, UpstreamConfig config, UpstreamTrust trust)
        => new(certificate?.Identity, scheme, host, port, config.ServerName ?? host.Trim('[', ']'), trust.Fingerprint, config.TlsResume, config.RequireCertificateRequest && certificate is not null);

    private static TlsClientOptions? TlsOptionsOf(UpstreamKey key, ClientCertificate? certificate, UpstreamTrust trust) => !key.IsTls ? null : new TlsClientOptions
    {
        ServerName = key.ServerName,
        CertificateName = certificate?.Name,
        CertificateContext = certificate?.Context,
        TrustedRoots = trust.Roots,
        Resume = key.Resume,
        RequireCertificateRequest = key.RequireCertificateRequest,
        HandshakeTimeout = trust.HandshakeTimeout,
    };

    private static Failure FailureOf(CertificateProblem problem) => new(Outcome.CertificateUnusable, $"{problem.Cause}.", problem.Remedy);
}

/// <summary>How origins are verified.</summary>
/// <param name="Roots">Roots that replace the system's; null for the system's.</param>
/// <param name="Fingerprint">SHA-256 over <paramref name="Roots"/>; empty for the system's. Part of the pool's key.</param>
/// <param name="HandshakeTimeout">Bound on a handshake.</param>
internal sealed record UpstreamTrust(X509Certificate2Collection? Roots, string Fingerprint, TimeSpan HandshakeTimeout);
