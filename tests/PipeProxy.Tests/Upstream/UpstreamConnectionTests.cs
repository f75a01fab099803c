using PipeProxy.Configuration;
using PipeProxy.Testing;
using PipeProxy.Tests.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

public sealed class UpstreamConnectionTests : IAsyncDisposable
{
    private readonly PoolBench _bench = new();

    [Fact]
    public async Task FirstByte_Confirms()
    {
        var origin = _bench.SilentOrigin();
        var lease = await _bench.RentAsync(_bench.Target(origin.Port));
        Assert.Equal(UpstreamState.Unconfirmed, lease.Connection.State);
        Assert.True(lease.Connection.IsFirstUse);
        await (await origin.WaitForConnectionAsync()).WriteAsync("x");

        Assert.Null(await _bench.ExchangeAsync(lease.Connection, thenReturn: false));

        Assert.Equal(UpstreamState.Busy, lease.Connection.State);
        Assert.False(lease.Connection.MayBeStale);
        await _bench.OnLoopAsync(lease.Return);
        Assert.Equal(UpstreamState.Idle, lease.Connection.State);
        Assert.True(lease.Connection.MayBeStale);
    }

    [Fact]
    public async Task SilenceOfTwoSeconds_Confirms()
    {
        var origin = _bench.SilentOrigin();
        var lease = await _bench.RentAsync(_bench.Target(origin.Port));

        Assert.Equal(UpstreamState.Unconfirmed, await _bench.AdvanceAsync(TimeSpan.FromMilliseconds(1900), () => lease.Connection.State));
        _bench.Time.Advance(TimeSpan.FromMilliseconds(200));
        await Until.HoldsAsync(() => lease.Connection.State == UpstreamState.Busy, "silence is acceptance");
        await _bench.OnLoopAsync(lease.Discard);
    }

    [Theory]
    [InlineData("!", "tls_alert_received")]
    [InlineData("", "closed_unconfirmed")]
    public async Task RefusalBeforeTheFirstByte_IsSaidAndCounted(string bytes, string outcome)
    {
        var origin = _bench.SilentOrigin();
        var target = _bench.Target(origin.Port);
        var lease = await _bench.RentAsync(target);
        var connection = await origin.WaitForConnectionAsync();
        if (bytes.Length > 0)
        {
            await connection.WriteAsync(bytes);
        }
        else
        {
            connection.Close();
        }

        var failure = await _bench.ExchangeAsync(lease.Connection);

        Assert.Equal(outcome, failure!.Outcome.Name);
        var snapshot = target.Binding.Pool!.Snapshot();
        Assert.Equal((1, outcome), (snapshot.RefusalsInARow, snapshot.LastFailure!.Code));
    }

    [Fact]
    public async Task EndOfAConfirmedConnection_IsNoRefusal()
    {
        var origin = _bench.SilentOrigin();
        var target = _bench.Target(origin.Port);
        var lease = await _bench.RentAsync(target);
        var connection = await origin.WaitForConnectionAsync();
        await connection.WriteAsync("x");
        Assert.Null(await _bench.ExchangeAsync(lease.Connection));

        connection.Close();
        await Until.HoldsAsync(() => lease.Connection.State == UpstreamState.Closed, "the end is seen while idle");

        Assert.Equal(UpstreamCloseReason.OriginClosed, lease.Connection.CloseReason);
        Assert.Equal(0, target.Binding.Pool!.Gate.Refusals);
        Assert.Equal(0, target.Binding.Pool.OpenConnections);
    }

    [Fact]
    public async Task IdleConnection_ClosesAtItsMaximumAge()
    {
        var origin = _bench.SilentOrigin();
        var lease = await _bench.RentAsync(_bench.Target(origin.Port, new PoolConfig { MaxAge = TimeSpan.FromMinutes(10), IdleTimeout = TimeSpan.FromHours(1) }, "http"));
        await _bench.OnLoopAsync(lease.Return);
        Assert.Equal(UpstreamState.Idle, lease.Connection.State);

        // A tenth at most comes off.
        Assert.Equal(UpstreamState.Idle, await _bench.AdvanceAsync(TimeSpan.FromMinutes(8.9), () => lease.Connection.State));
        _bench.Time.Advance(TimeSpan.FromMinutes(1.2));
        await Until.HoldsAsync(() => lease.Connection.State == UpstreamState.Closed, "it is too old");
        Assert.Equal(UpstreamCloseReason.MaxAge, lease.Connection.CloseReason);
    }

    [Fact]
    public async Task BusyConnection_DrainsAtItsMaximumAge()
    {
        var origin = _bench.SilentOrigin();
        var target = _bench.Target(origin.Port, new PoolConfig { MaxAge = TimeSpan.FromMinutes(10) }, "http");
        var lease = await _bench.RentAsync(target);

        _bench.Time.Advance(TimeSpan.FromMinutes(10));
        await Until.HoldsAsync(() => lease.Connection.State == UpstreamState.Draining, "it is too old for another request");
        Assert.Equal(1, target.Binding.Pool!.Snapshot().Draining);
        await _bench.OnLoopAsync(lease.Return);

        Assert.Equal((UpstreamState.Closed, UpstreamCloseReason.MaxAge), (lease.Connection.State, lease.Connection.CloseReason));
    }

    [Fact]
    public async Task NoConnection_OutlivesItsCertificate()
    {
        var origin = _bench.SilentOrigin();
        var target = _bench.Target(origin.Port, new PoolConfig { MaxAge = TimeSpan.FromDays(30), IdleTimeout = TimeSpan.FromDays(30) });
        var busy = await _bench.RentAsync(target);
        var idle = await _bench.RentAsync(target);
        await Until.HoldsAsync(() => origin.Connections.Count == 2, "both are there");
        foreach (var connection in origin.Connections)
        {
            await connection.WriteAsync("x");
        }

        Assert.Null(await _bench.ExchangeAsync(busy.Connection, thenReturn: false));
        Assert.Null(await _bench.ExchangeAsync(idle.Connection));

        _bench.Time.Advance(target.Binding.Certificate!.NotAfter - _bench.Time.GetUtcNow() + TimeSpan.FromMilliseconds(100));
        await Until.HoldsAsync(() => idle.Connection.State == UpstreamState.Closed && busy.Connection.State == UpstreamState.Draining, "the certificate ended");

        // What is under way is cut, and says why.
        var read = await TestLoops.RunAsync(_bench.Loops[0], async () => await busy.Connection.ReadAsync());
        Assert.True(read.IsCompleted);
        Assert.Contains("has expired", busy.Connection.Describe().Detail, StringComparison.Ordinal);
        await _bench.OnLoopAsync(busy.Discard);
        Assert.Equal(0, target.Binding.Pool!.OpenConnections);
    }

    [Fact]
    public async Task RetiredIdentity_ClosesIdleConnectionsNowAndCutsBusyOnesAtTheDrainsEnd()
    {
        var origin = _bench.SilentOrigin();
        var target = _bench.Target(origin.Port, new PoolConfig { DrainTimeout = TimeSpan.FromSeconds(5) });
        var busy = await _bench.RentAsync(target);
        var idle = await _bench.RentAsync(target);
        await Until.HoldsAsync(() => origin.Connections.Count == 2, "both are there");
        foreach (var connection in origin.Connections)
        {
            await connection.WriteAsync("x");
        }

        Assert.Null(await _bench.ExchangeAsync(busy.Connection, thenReturn: false));
        Assert.Null(await _bench.ExchangeAsync(idle.Connection));

        _bench.Pool.RetireAllBut([]);
        await Until.HoldsAsync(() => idle.Connection.State == UpstreamState.Closed && busy.Connection.State == UpstreamState.Draining, "the identity is retired");
        Assert.Equal(UpstreamCloseReason.Retired, idle.Connection.CloseReason);
        Assert.True(Assert.Single(_bench.Pool.AllPools).Snapshot() is { Retired: true, Draining: 1, Idle: 0 });

        var pending = await _bench.AdvanceAsync(TimeSpan.FromSeconds(4), () => busy.Connection.ReadAsync().AsTask());
        Assert.False(pending.IsCompleted);
        _bench.Time.Advance(TimeSpan.FromSeconds(1.2));
        Assert.True((await TestLoops.RunAsync(_bench.Loops[0], () => pending)).IsCompleted);
        Assert.Contains("certificate 'alice' was changed or removed 5 s before", busy.Connection.Describe().Detail, StringComparison.Ordinal);
        await _bench.OnLoopAsync(busy.Discard);
        Assert.Empty(_bench.Pool.AllPools);
    }

    [Fact]
    public async Task DrainUnderADeadline_StaysUnderIt()
    {
        var origin = _bench.SilentOrigin();
        var target = _bench.Target(origin.Port, new PoolConfig { DrainTimeout = TimeSpan.FromSeconds(5) }, "http");
        var lease = await _bench.RentAsync(target);
        var pool = target.Binding.Pool!;
        pool.Retire();
        pool.KeepOnly([System.Net.IPAddress.Parse("127.0.0.9")]);
        await Until.HoldsAsync(() => lease.Connection.State == UpstreamState.Draining, "it drains");
        var pending = TestLoops.RunAsync(_bench.Loops[0], async () => await lease.Connection.ReadAsync());

        _bench.Time.Advance(TimeSpan.FromSeconds(5.2));

        Assert.True((await pending).IsCompleted);
        await _bench.OnLoopAsync(lease.Discard);
    }

    [Theory]
    [InlineData(60, 55)]
    [InlineData(5, 4)]
    [InlineData(1, 0.5)]
    public async Task KeepAliveOfTheOrigin_ShortensTheIdleTime(double announced, double expected)
    {
        var origin = _bench.SilentOrigin();
        var lease = await _bench.RentAsync(_bench.Target(origin.Port, scheme: "http"));
        await _bench.OnLoopAsync(() =>
        {
            lease.Connection.AnnounceIdle(TimeSpan.FromSeconds(announced));
            lease.Return();
        });

        Assert.Equal(UpstreamState.Idle, await _bench.AdvanceAsync(TimeSpan.FromSeconds(expected) - TimeSpan.FromMilliseconds(100), () => lease.Connection.State));
        _bench.Time.Advance(TimeSpan.FromMilliseconds(200));
        await Until.HoldsAsync(() => lease.Connection.State == UpstreamState.Closed, "it was idle for too long");
        Assert.Equal(UpstreamCloseReason.IdleTimeout, lease.Connection.CloseReason);
    }

    [Fact]
    public async Task Lifetimes_AreSpreadOverATenth()
    {
        var pool = _bench.Target(_bench.SilentOrigin().Port, new PoolConfig { MaxAge = TimeSpan.FromSeconds(1000) }).Binding.Pool!;

        var lifetimes = Enumerable.Range(0, 100).Select(_ => pool.NextLifetime()).Order().ToList();

        Assert.All(lifetimes, static lifetime => Assert.InRange(lifetime, 900_000, 1_000_000));
        Assert.All(lifetimes.Zip(lifetimes.Skip(1)), static pair => Assert.True(pair.Second - pair.First < 3000));
        await Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
