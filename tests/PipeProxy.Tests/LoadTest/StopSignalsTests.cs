using Microsoft.Extensions.Time.Testing;
using PipeProxy.LoadTest;

namespace PipeProxy.Tests.LoadTest;

public sealed class StopSignalsTests
{
    [Fact]
    public void SecondInHaste_IsOursToo()
    {
        FakeTimeProvider clock = new();
        using StopSignals signals = new(clock);
        Assert.False(signals.Token.IsCancellationRequested);
        Assert.True(signals.Take());
        Assert.True(signals.Token.IsCancellationRequested);
        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.True(signals.Take());
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(signals.Take());
    }
}
