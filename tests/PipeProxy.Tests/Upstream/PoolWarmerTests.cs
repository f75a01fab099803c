using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Upstream;

public sealed class PoolWarmerTests
{
    [Fact]
    public async Task MinIdle_IsSharedOutAmongTheLoopsAndUnconfirmedUntilSilence()
    {
        await using var bench = new PoolBench(loops: 2);
        var pool = bench.Target(bench.SilentOrigin().Port, new PoolConfig { MinIdle = 3 }).Binding.Pool!;

        await Until.HoldsAsync(() => pool.Snapshot() is { Unconfirmed: 3, Idle: 0 }, "three are opened ahead");
        bench.Time.Advance(TimeSpan.FromSeconds(2.1));
        await Until.HoldsAsync(() => pool.Snapshot() is { Unconfirmed: 0, Idle: 3 }, "silence is acceptance");
        Assert.Equal(3, pool.OpenConnections);
    }

    [Fact]
    public async Task Request_TakesOneThatWasOpenedAheadAndAnotherFollows()
    {
        await using var bench = new PoolBench();
        var origin = bench.SilentOrigin();
        var target = bench.Target(origin.Port, new PoolConfig { MinIdle = 1 });
        var pool = target.Binding.Pool!;
        await Until.HoldsAsync(() => pool.Snapshot().Unconfirmed == 1, "one is opened ahead");

        var lease = await bench.RentAsync(target);
        Assert.False(lease.Connection.IsFirstUse);
        Assert.False(lease.Connection.MayBeStale);
        await origin.WaitForConnectionAsync();
        Assert.Single(origin.Connections);
        bench.Time.Advance(TimeSpan.FromSeconds(1.1));
        await Until.HoldsAsync(() => pool.OpenConnections == 2, "another is opened ahead");
        await bench.OnLoopAsync(lease.Discard);
    }

    [Fact]
    public async Task LateRefusal_OfAConnectionOpenedAhead_IsCountedAndTriedLessAndLess()
    {
        await using var bench = new PoolBench();
        var origin = ByteOrigin.Start(static async connection =>
        {
            await connection.WriteAsync("!");
            await connection.ReadToEndAsync();
        });
        var pool = bench.Target(origin.Port, new PoolConfig { MinIdle = 1, Breaker = new BreakerConfig { Refusals = 0 } }).Binding.Pool!;
        await Until.HoldsAsync(() => bench.Metrics.Upstreams.FailedAhead == 1 && pool.OpenConnections == 0, "it is refused");

        // A second is not enough any more; two are, then four.
        Assert.Equal((1, 0), await bench.AdvanceAsync(TimeSpan.FromSeconds(1.5), () => (bench.Metrics.Upstreams.FailedAhead, pool.OpenConnections)));
        bench.Time.Advance(TimeSpan.FromSeconds(0.7));
        await Until.HoldsAsync(() => bench.Metrics.Upstreams.FailedAhead == 2 && pool.OpenConnections == 0, "it is tried again");
        Assert.Equal((2, 0), await bench.AdvanceAsync(TimeSpan.FromSeconds(3), () => (bench.Metrics.Upstreams.FailedAhead, pool.OpenConnections)));

        Assert.Equal(2, pool.Gate.Refusals);
        Assert.Single(bench.Log.Lines, static line => line.Contains("can be opened ahead", StringComparison.Ordinal));
        await origin.DisposeAsync();
    }

    [Fact]
    public async Task RequestOnAConnectionOpenedAhead_ThatIsRefusedLate_LearnsTheAlert()
    {
        await using var bench = new PoolBench();
        var origin = bench.SilentOrigin();
        var target = bench.Target(origin.Port, new PoolConfig { MinIdle = 1 });
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Unconfirmed == 1, "one is opened ahead");
        var lease = await bench.RentAsync(target);

        await (await origin.WaitForConnectionAsync()).WriteAsync("!");

        Assert.Equal(48, (await bench.ExchangeAsync(lease.Connection))!.Alert!.Value);
    }

    [Fact]
    public async Task Cap_HoldsForThemToo()
    {
        await using var bench = new PoolBench();
        var pool = bench.Target(bench.SilentOrigin().Port, new PoolConfig { MinIdle = 5, MaxConnections = 2 }).Binding.Pool!;

        await Until.HoldsAsync(() => pool.Snapshot().Unconfirmed == 2, "two are opened");
        Assert.Equal(2, await bench.AdvanceAsync(TimeSpan.FromSeconds(1.1), () => pool.OpenConnections));
    }

    [Fact]
    public async Task RetiredIdentity_KeepsNone()
    {
        await using var bench = new PoolBench();
        var pool = bench.Target(bench.SilentOrigin().Port, new PoolConfig { MinIdle = 2 }).Binding.Pool!;
        await Until.HoldsAsync(() => pool.Snapshot().Unconfirmed == 2, "two are opened");

        bench.Pool.RetireAllBut([]);

        await Until.HoldsAsync(() => pool.OpenConnections == 0, "they are closed");

        // One that is opened all the same may be closed at once, but has had its handshake.
        var counters = pool.CountersOf(bench.Loops[0]);
        Assert.Equal((0, 2), await bench.AdvanceAsync(TimeSpan.FromSeconds(5), () => (pool.OpenConnections, counters.HandshakesEnded(HandshakeResult.Completed))));
    }
}
