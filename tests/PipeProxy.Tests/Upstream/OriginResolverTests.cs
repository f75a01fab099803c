using System.Net;
using System.Net.Sockets;
using PipeProxy.Configuration;
using PipeProxy.Telemetry;
using PipeProxy.Testing;
using PipeProxy.Tests.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

/// <summary>Names, answers and how they are followed, with a DNS of the test's own.</summary>
public sealed class OriginResolverTests
{
    private readonly TestDns _dns = new();

    [Fact]
    public async Task ManyAskAtOnce_DnsIsAskedOnce()
    {
        await using var bench = new PoolBench(loops: 2, ask: _dns.AskAsync);
        _dns.Hold();

        var asked = Enumerable.Range(0, 50).Select(i => ResolveAsync(bench, loop: i % 2)).ToList();
        await Until.HoldsAsync(() => _dns.Questions == 1, "it is asked");
        _dns.Answer("10.0.0.1", "10.0.0.2");

        Assert.All(await Task.WhenAll(asked), static answer => Assert.Equal(2, answer.Addresses.Length));
        Assert.Equal(1, _dns.Questions);
    }

    [Fact]
    public async Task AnswerThatIsTooOld_ServesWhileItIsAskedAgain()
    {
        await using var bench = new PoolBench(ask: _dns.AskAsync);
        _dns.Answer("10.0.0.1");
        Assert.Equal("10.0.0.1", Text(await ResolveAsync(bench)));
        bench.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal("10.0.0.1", Text(await ResolveAsync(bench)));
        Assert.Equal(1, _dns.Questions);

        _dns.Hold();
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("10.0.0.1", Text(await ResolveAsync(bench)));
        await Until.HoldsAsync(() => _dns.Questions == 2, "it is asked again");
        _dns.Answer("10.0.0.2");
        await Until.HoldsAsync(() => Text(ResolveAsync(bench).GetAwaiter().GetResult()) == "10.0.0.2", "the new answer");
    }

    [Fact]
    public async Task AnswerThatIsMuchTooOld_IsWaitedFor()
    {
        await using var bench = new PoolBench(ask: _dns.AskAsync);
        _dns.Answer("10.0.0.1");
        await ResolveAsync(bench);
        bench.Time.Advance(TimeSpan.FromHours(1));
        _dns.Hold();

        var asked = ResolveAsync(bench);
        await Until.HoldsAsync(() => _dns.Questions == 2, "it is asked again");
        Assert.False(asked.IsCompleted);
        _dns.Answer("10.0.0.2");
        Assert.Equal("10.0.0.2", Text(await asked));
    }

    [Fact]
    public async Task DnsThatFails_LeavesWhatItSaidBeforeAndIsAskedAgain()
    {
        await using var bench = new PoolBench(ask: _dns.AskAsync);
        _dns.Fail();
        Assert.Equal(Outcome.DnsError, (await ResolveAsync(bench)).Failure!.Outcome);
        _dns.Answer("10.0.0.1");
        Assert.Equal("10.0.0.1", Text(await ResolveAsync(bench)));
        bench.Time.Advance(TimeSpan.FromHours(1));
        _dns.Fail();
        Assert.Equal("10.0.0.1", Text(await ResolveAsync(bench)));
        _dns.Answer("10.0.0.3");
        Assert.Equal("10.0.0.3", Text(await ResolveAsync(bench)));
    }

    [Fact]
    public async Task NameIsFollowed_WhileThereAreConnections_AndThoseToVanishedAddressesEnd()
    {
        await using var bench = new PoolBench(ask: _dns.AskAsync);
        await using var first = ByteOrigin.Start(static connection => connection.StallAsync());
        using var follower = new DnsFollower(bench.Resolver, () => bench.Pool.Pools, bench.Time);
        var target = bench.Target(first.Port, new PoolConfig { IdleTimeout = TimeSpan.FromHours(1) }, "http", "origin.example");
        var pool = target.Binding.Pool!;
        _dns.Answer("127.0.0.1");
        var idle = await bench.RentAsync(target);
        var busy = await bench.RentAsync(target);
        await bench.OnLoopAsync(idle.Return);
        Assert.Equal(IPAddress.Loopback, idle.Connection.Address);
        Assert.Equal(1, _dns.Questions);

        // The timer's first look finds the answer young; the next ones ask, and the same answer changes nothing.
        follower.Start();
        bench.Time.Advance(TimeSpan.FromSeconds(30));
        await Until.HoldsAsync(() => _dns.Questions == 2 && !follower.IsLooking, "it is asked again without a request");
        Assert.Equal(2, pool.OpenConnections);

        // No answer is no reason.
        _dns.Fail();
        bench.Time.Advance(TimeSpan.FromSeconds(30));
        await Until.HoldsAsync(() => _dns.Questions == 3 && !follower.IsLooking, "it is asked");
        await bench.OnLoopAsync(static () => { });
        Assert.Equal(2, pool.OpenConnections);

        _dns.Answer("127.0.0.2");
        bench.Time.Advance(TimeSpan.FromSeconds(30));
        await Until.HoldsAsync(() => idle.Connection.State == UpstreamState.Closed && busy.Connection.State == UpstreamState.Draining, "the address has vanished");
        Assert.Equal(UpstreamCloseReason.AddressGone, idle.Connection.CloseReason);
        await bench.OnLoopAsync(busy.Return);
        Assert.Equal(UpstreamCloseReason.AddressGone, busy.Connection.CloseReason);

        // Without connections nobody asks.
        var questions = _dns.Questions;
        bench.Time.Advance(TimeSpan.FromSeconds(90));
        await follower.LookAsync();
        Assert.Equal(questions, _dns.Questions);
    }

    private static Task<(IPAddress[] Addresses, Failure? Failure)> ResolveAsync(PoolBench bench, int loop = 0)
        => TestLoops.RunAsync(bench.Loops[loop], async () => await bench.Resolver.ResolveAsync("origin.example", bench.Loops[loop], TimeSpan.FromSeconds(5)));

    private static string Text((IPAddress[] Addresses, Failure? Failure) answer) => string.Join(' ', answer.Addresses.Select(static address => address.ToString()));

    /// <summary>Answers as told.</summary>
    private sealed class TestDns
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource<IPAddress[]> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int Questions { get; private set; }

        internal void Hold()
        {
            lock (_lock)
            {
                _answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        internal void Answer(params string[] addresses) => Set(source => source.TrySetResult([.. addresses.Select(IPAddress.Parse)]));

        internal void Fail() => Set(static source => source.TrySetException(new SocketException((int)SocketError.HostNotFound)));

        internal Task<IPAddress[]> AskAsync(string host)
        {
            lock (_lock)
            {
                Questions++;
                return _answer.Task;
            }
        }

        // Whoever waits has it, and whoever asks from now on.
        private void Set(Func<TaskCompletionSource<IPAddress[]>, bool> set)
        {
            lock (_lock)
            {
                if (!set(_answer))
                {
                    _answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
                    set(_answer);
                }
            }
        }
    }
}
