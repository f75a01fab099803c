using System.Net;
using PipeProxy.Tests.Transport;
using PipeProxy.Transport;
using PipeProxy.Upstream;

namespace PipeProxy.Tests.Upstream;

public sealed class UpstreamStatesTests
{
    private static readonly HashSet<(UpstreamState, UpstreamState)> Allowed =
    [
        (UpstreamState.Connecting, UpstreamState.Unconfirmed),
        (UpstreamState.Connecting, UpstreamState.Busy),
        (UpstreamState.Connecting, UpstreamState.Idle),
        (UpstreamState.Connecting, UpstreamState.Closed),
        (UpstreamState.Unconfirmed, UpstreamState.Busy),
        (UpstreamState.Unconfirmed, UpstreamState.Idle),
        (UpstreamState.Unconfirmed, UpstreamState.Draining),
        (UpstreamState.Unconfirmed, UpstreamState.Closed),
        (UpstreamState.Idle, UpstreamState.Busy),
        (UpstreamState.Idle, UpstreamState.Closed),
        (UpstreamState.Busy, UpstreamState.Idle),
        (UpstreamState.Busy, UpstreamState.Draining),
        (UpstreamState.Busy, UpstreamState.Closed),
        (UpstreamState.Draining, UpstreamState.Closed),
    ];

    [Fact]
    public void Transitions_AreTheseAndNoOthers()
    {
        var states = Enum.GetValues<UpstreamState>();

        Assert.All(from first in states from then in states select (first, then), pair => Assert.Equal(Allowed.Contains(pair), UpstreamStates.MayGo(pair.first, pair.then)));
    }

    [Fact]
    public async Task TransitionThatIsNone_FailsInTests()
    {
        await using var bench = new PoolBench();
        var port = bench.SilentOrigin().Port;
        var lease = await bench.RentAsync(bench.Target(port, scheme: "http"));
        var another = await TestLoops.RunAsync(bench.Loops[0], async () => await bench.Loops[0].ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), TimeSpan.FromSeconds(5)));

        await Assert.ThrowsAsync<InvalidOperationException>(() => bench.OnLoopAsync(() => lease.Connection.Open(another.Connection!, null, BufferSizes.Default, lent: true)));
        await bench.OnLoopAsync(lease.Discard);
    }
}
