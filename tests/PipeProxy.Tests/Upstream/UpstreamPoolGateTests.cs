using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Testing;
using PipeProxy.Tests.Transport;
using PipeProxy.Tls;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

/// <summary>Who may open connections, and how many.</summary>
public sealed class UpstreamPoolGateTests
{
    private static readonly Failure Alert = new(Outcome.TlsAlertReceived, "The origin sent alert 48 (unknown_ca).", "Add the CA.", 48);

    [Fact]
    public async Task AfterAFailure_OneAttemptIsUnderWayAndItsFailureAnswersAll()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(loops: 2, handshakes.RunAsync);
        var target = bench.Target(bench.SilentOrigin().Port);
        handshakes.Fail(Alert);
        Assert.Equal(Alert, (await bench.RentAsync(target)).Failure);

        // The one, on its way.
        handshakes.Hold();
        var first = bench.RentAsync(target);
        await Until.HoldsAsync(() => handshakes.Begun == 2, "the second handshake");
        var others = Enumerable.Range(0, 20).Select(i => bench.RentAsync(target, loop: i % 2)).ToList();
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Waiting == 20, "they wait");
        handshakes.Fail(Alert);

        Assert.Equal(Alert, (await first).Failure);
        Assert.All(await Task.WhenAll(others), static lease => Assert.Equal(Alert, lease.Failure));
        Assert.Equal(2, handshakes.Begun);
    }

    [Fact]
    public async Task AfterAFailure_TheOthersGoOnWhenTheOneIsConfirmed()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(loops: 2, handshakes.RunAsync);
        var origin = bench.SilentOrigin();
        var target = bench.Target(origin.Port);
        handshakes.Fail(Alert);
        Assert.NotNull((await bench.RentAsync(target)).Failure);
        handshakes.Succeed();
        var first = await bench.RentAsync(target);
        Assert.Equal(UpstreamState.Unconfirmed, first.Connection.State);

        // The handshake alone is no verdict: the origin may still refuse.
        var others = Enumerable.Range(0, 4).Select(i => bench.RentAsync(target, loop: i % 2)).ToList();
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Waiting == 4, "they wait");
        Assert.Equal(2, handshakes.Begun);
        await Until.HoldsAsync(() => origin.Connections.Count == 2, "both are accepted");
        await origin.Connections[^1].WriteAsync("x");
        Assert.Null(await bench.ExchangeAsync(first.Connection, thenReturn: false));

        Assert.All(await Task.WhenAll(others), static lease => Assert.Null(lease.Failure));
        Assert.Equal(6, handshakes.Begun);
        Assert.Equal(0, target.Binding.Pool!.Gate.Refusals);
    }

    [Fact]
    public async Task LateRefusal_AnswersThoseThatWaitForIt()
    {
        await using var bench = new PoolBench();
        var origin = bench.SilentOrigin();
        var target = bench.Target(origin.Port);
        target.Binding.Pool!.Gate.Failed(Alert, 0);
        var first = await bench.RentAsync(target);
        var other = bench.RentAsync(target);
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Waiting == 1, "it waits");

        await (await origin.WaitForConnectionAsync()).WriteAsync("!");
        var failure = await bench.ExchangeAsync(first.Connection);

        Assert.Equal(48, failure!.Alert!.Value);
        Assert.Equal(failure, (await other).Failure);
        Assert.Single(origin.Connections);
    }

    [Fact]
    public async Task RefusalsInARow_OpenTheBreakerAndTheAnswerSaysWhyAndWhen()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(handshake: handshakes.RunAsync);
        var config = new PoolConfig { Breaker = new BreakerConfig { Refusals = 3, OpenTime = TimeSpan.FromSeconds(5) } };
        var port = bench.SilentOrigin().Port;
        var target = bench.Target(port, config);
        handshakes.Fail(Alert);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Alert, (await bench.RentAsync(target)).Failure);
        }

        var refused = (await bench.RentAsync(target)).Failure!;

        Assert.Equal((Outcome.DestinationUnavailable, TimeSpan.FromSeconds(5), Alert.Next), (refused.Outcome, refused.RetryAfter!.Value, refused.Next));
        Assert.Contains(Alert.Detail, refused.Detail, StringComparison.Ordinal);
        Assert.Contains("certificate 'alice'", refused.Detail, StringComparison.Ordinal);
        Assert.Equal(3, handshakes.Begun);
        Assert.Equal((1, 1), (bench.Metrics.Upstreams.BreakersOpened, bench.Metrics.Upstreams.RefusedByBreakers));
        Assert.Contains(bench.Log.Lines, static line => line.Contains("is open: after 3 refusals in a row", StringComparison.Ordinal));
        Assert.Equal(BreakerState.Open, target.Binding.Pool!.Snapshot().Breaker);

        // Half open: the probe's own failure is told.
        bench.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Alert, (await bench.RentAsync(target)).Failure);
        Assert.Equal(Outcome.DestinationUnavailable, (await bench.RentAsync(target)).Failure!.Outcome);

        // Bound again, for instance after a reload, it starts fresh.
        bench.Bind(port, target.Config);
        Assert.Equal(Alert, (await bench.RentAsync(target)).Failure);
        handshakes.Succeed();
        Assert.Null((await bench.RentAsync(target)).Failure);
    }

    [Fact]
    public async Task BreakerOpens_AllInLineForAPlaceAreAnswered()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(loops: 2, handshakes.RunAsync);
        var target = bench.Target(bench.SilentOrigin().Port, new PoolConfig { MaxConnections = 2, Breaker = new BreakerConfig { Refusals = 2 } });
        handshakes.Hold();
        var rents = Enumerable.Range(0, 2).Select(i => bench.RentAsync(target, loop: i)).ToList();
        await Until.HoldsAsync(() => handshakes.Begun == 2, "both places are taken");
        rents.AddRange(Enumerable.Range(0, 20).Select(i => bench.RentAsync(target, loop: i % 2)));
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Waiting == 20, "the others stand in line");

        handshakes.Fail(Alert);

        // The clock stands still, so nobody's time in line ends.
        Assert.All(await Task.WhenAll(rents), static lease => Assert.True(lease.Failure!.Outcome == Outcome.TlsAlertReceived || lease.Failure.Outcome == Outcome.DestinationUnavailable, lease.Failure.Detail));
        Assert.Equal((0, 0), (target.Binding.Pool!.OpenConnections, target.Binding.Pool.Snapshot().Waiting));
    }

    [Fact]
    public async Task CapIsRaised_ThoseInLineGoOn()
    {
        await using var bench = new PoolBench();
        var port = bench.SilentOrigin().Port;
        var target = bench.Target(port, new PoolConfig { MaxConnections = 1 });
        Assert.Null((await bench.RentAsync(target)).Failure);
        var second = bench.RentAsync(target);
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Waiting == 1, "it stands in line");

        bench.Bind(port, new UpstreamConfig { Pool = new PoolConfig { MaxConnections = 2 } });

        Assert.Null((await second).Failure);
    }

    [Fact]
    public async Task AllPlacesAreHeld_ThoseWhoGaveUpDoNotGather()
    {
        await using var bench = new PoolBench();
        var target = bench.Target(bench.SilentOrigin().Port, new PoolConfig { MaxConnections = 1, QueueTimeout = TimeSpan.FromSeconds(5) });
        Assert.Null((await bench.RentAsync(target)).Failure);
        for (var i = 0; i < 3; i++)
        {
            var waiting = Enumerable.Range(0, 50).Select(_ => bench.RentAsync(target)).ToList();
            await bench.OnLoopAsync(() => Assert.Equal(50, target.Binding.Pool!.Snapshot().Waiting));
            bench.Time.Advance(TimeSpan.FromSeconds(6));
            Assert.All(await Task.WhenAll(waiting), static lease => Assert.Equal(Outcome.ConnectionLimit, lease.Failure!.Outcome));
        }
    }

    [Fact]
    public async Task HandshakesTimeIsChanged_ItHoldsForThePoolThatIsThere()
    {
        await using var bench = new PoolBench();
        var port = bench.SilentOrigin().Port;
        var target = bench.Target(port);
        bench.Bind(port, target.Config, handshakeTimeout: TimeSpan.FromSeconds(9));

        Assert.Equal(TimeSpan.FromSeconds(9), target.Binding.Pool!.Tls!.HandshakeTimeout);
    }

    [Fact]
    public async Task IdleConnection_ServesWhileTheBreakerIsOpen()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(handshake: handshakes.RunAsync);
        var origin = bench.SilentOrigin();
        var target = bench.Target(origin.Port, new PoolConfig { Breaker = new BreakerConfig { Refusals = 1 } });
        var lease = await bench.RentAsync(target);
        await (await origin.WaitForConnectionAsync()).WriteAsync("x");
        Assert.Null(await bench.ExchangeAsync(lease.Connection));
        handshakes.Fail(Alert);
        Assert.Equal(Alert, (await bench.RentAsync(target, fresh: true)).Failure);
        Assert.Equal(Outcome.DestinationUnavailable, (await bench.RentAsync(target, fresh: true)).Failure!.Outcome);

        Assert.Same(lease.Connection, (await bench.RentAsync(target)).Connection);
    }

    [Fact]
    public async Task MoreAtATime_ThanMayBeOpened_WaitInLine()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(loops: 2, handshakes.RunAsync);
        var target = bench.Target(bench.SilentOrigin().Port, new PoolConfig { MaxConnecting = 2 });
        handshakes.Hold();
        var leases = Enumerable.Range(0, 8).Select(i => bench.RentAsync(target, loop: i % 2)).ToList();
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot() is { Connecting: 2, Waiting: 6 }, "two are opened, six wait");
        Assert.Equal(2, handshakes.Begun);

        handshakes.Succeed();

        Assert.All(await Task.WhenAll(leases), static lease => Assert.Null(lease.Failure));
        Assert.Equal(2, handshakes.MostAtATime);
        Assert.Equal(8, target.Binding.Pool!.OpenConnections);
    }

    [Fact]
    public async Task TooManyAtATime_SaysSoAfterTheQueuesTime()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(handshake: handshakes.RunAsync);
        var target = bench.Target(bench.SilentOrigin().Port, new PoolConfig { MaxConnecting = 1, QueueTimeout = TimeSpan.FromSeconds(2) });
        handshakes.Hold();
        var first = bench.RentAsync(target);
        var second = bench.RentAsync(target);
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Waiting == 1, "it waits");

        bench.Time.Advance(TimeSpan.FromSeconds(2.1));

        var failure = (await second).Failure!;
        Assert.Equal(Outcome.ConnectionLimit, failure.Outcome);
        Assert.Contains("pool.maxConnecting", failure.Next, StringComparison.Ordinal);
        handshakes.Succeed();
        Assert.Null((await first).Failure);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HandshakesOverTheRate_WaitForTheirTurn(bool ofTheKey)
    {
        await using var bench = new PoolBench();
        var target = bench.Target(bench.SilentOrigin().Port, new PoolConfig { HandshakesPerSecond = ofTheKey ? 1 : null, QueueTimeout = TimeSpan.FromSeconds(2) });
        bench.Pool.Opener.Rate.PerSecond = ofTheKey ? null : 1;
        Assert.Null((await bench.RentAsync(target)).Failure);

        // One a second and two seconds to wait: the fourth is too late at once.
        var second = bench.RentAsync(target);
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Connecting == 1, "its turn comes");
        var third = bench.RentAsync(target);
        await Until.HoldsAsync(() => target.Binding.Pool!.Snapshot().Connecting == 2, "its turn comes");
        var fourth = (await bench.RentAsync(target)).Failure!;

        Assert.Equal(Outcome.ConnectionLimit, fourth.Outcome);
        Assert.Contains(ofTheKey ? "pool.handshakesPerSecond" : "limits.originHandshakesPerSecond", fourth.Next, StringComparison.Ordinal);
        Assert.Equal(1, bench.Metrics.Upstreams.HeldBack);
        Assert.False(second.IsCompleted);
        bench.Time.Advance(TimeSpan.FromSeconds(2.1));
        Assert.Null((await second).Failure);
        Assert.Null((await third).Failure);
        Assert.Equal(3, target.Binding.Pool!.OpenConnections);
    }

    [Fact]
    public async Task ConnectionAside_IsNobodysAndTellsTheGateNothing()
    {
        var handshakes = new Handshakes();
        await using var bench = new PoolBench(handshake: handshakes.RunAsync);
        var origin = bench.SilentOrigin();
        var target = bench.Target(origin.Port, new PoolConfig { Breaker = new BreakerConfig { Refusals = 1 } });
        var certificate = target.Binding.Certificate;
        Task<(UpstreamConnection? Connection, Failure? Failure)> AsideAsync() => TestLoops.RunAsync(
            bench.Loops[0],
            async () => await bench.Pool.OpenAsideAsync(target, certificate, new UpstreamTrust(null, "", TimeSpan.FromSeconds(5)), bench.Loops[0]));

        var (connection, _) = await AsideAsync();
        Assert.Equal(UpstreamState.Unconfirmed, connection!.State);
        Assert.Equal(0, target.Binding.Pool!.OpenConnections);
        await bench.OnLoopAsync(() => connection.Close(UpstreamCloseReason.Discarded));
        handshakes.Fail(Alert);
        Assert.Equal(Alert, (await AsideAsync()).Failure);

        Assert.Equal((BreakerState.Closed, 0), (target.Binding.Pool.Gate.State, target.Binding.Pool.Gate.Refusals));
        handshakes.Succeed();
        Assert.Null((await bench.RentAsync(target)).Failure);
    }

    /// <summary>Handshakes that do what the test says, on any loop.</summary>
    private sealed class Handshakes
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _gate = Open();
        private Failure? _failure;
        private int _underWay;

        internal int Begun { get; private set; }

        internal int MostAtATime { get; private set; }

        internal void Hold()
        {
            lock (_lock)
            {
                _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        internal void Fail(Failure failure) => Release(failure);

        internal void Succeed() => Release(null);

        internal async ValueTask<(SecuredStream? Connection, Failure? Failure)> RunAsync(SocketConnection socket, TlsClientOptions options)
        {
            Task gate;
            lock (_lock)
            {
                Begun++;
                MostAtATime = Math.Max(MostAtATime, ++_underWay);
                gate = _gate.Task;
            }

            await gate;
            await socket.Loop.Enter();
            Failure? failure;
            lock (_lock)
            {
                _underWay--;
                failure = _failure;
            }

            if (failure is null)
            {
                return (new StubTls(socket), null);
            }

            socket.Close();
            return (null, failure);
        }

        private static TaskCompletionSource Open()
        {
            var open = new TaskCompletionSource();
            open.SetResult();
            return open;
        }

        private void Release(Failure? failure)
        {
            lock (_lock)
            {
                _failure = failure;
                _gate.TrySetResult();
            }
        }
    }
}
