namespace PipeProxy.Upstream;

/// <summary>Follows the names of origins while there are connections to them: asks DNS every <c>dnsRefresh</c>, and ends connections to addresses that a name does not lead to any more.</summary>
/// <remarks>On no loop: a timer, and answers posted to the loops. A name that gives no answer keeps its connections.</remarks>
internal sealed class DnsFollower : IDisposable
{
    private readonly OriginResolver _resolver;
    private readonly Func<IReadOnlyCollection<KeyPool>> _pools;
    private readonly ITimer _timer;
    private int _looking;

    /// <summary>Begins with <see cref="Start"/>.</summary>
    public DnsFollower(OriginResolver resolver, Func<IReadOnlyCollection<KeyPool>> pools, TimeProvider time)
    {
        _resolver = resolver;
        _pools = pools;
        _timer = time.CreateTimer(static self => _ = ((DnsFollower)self!).LookAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A look is under way.</summary>
    internal bool IsLooking => Volatile.Read(ref _looking) != 0;

    /// <summary>Looks now, which costs no question unless one is due, and from then on at the resolver's interval.</summary>
    public void Start() => _timer.Change(TimeSpan.Zero, _resolver.Refresh);

    /// <summary>Looks at every name once. A look that is under way already is not joined by another.</summary>
    public async Task LookAsync()
    {
        if (Interlocked.Exchange(ref _looking, 1) != 0)
        {
            return;
        }

        try
        {
            await Task.WhenAll(_pools().Where(static pool => pool.OpenConnections > 0).GroupBy(static pool => pool.Key.Host).Select(FollowAsync)).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    public void Dispose() => _timer.Dispose();

    private async Task FollowAsync(IGrouping<string, KeyPool> sameHost)
    {
        if (await _resolver.FollowAsync(sameHost.Key).ConfigureAwait(false) is not { } addresses)
        {
            return;
        }

        foreach (var pool in sameHost)
        {
            pool.KeepOnly(addresses);
        }
    }
}
