using PipeProxy.Transport;

namespace PipeProxy.Tests.Transport;

/// <summary>A wait ends in time though it has no limit of its own, and one setting serves all waits until then.</summary>
public sealed unsafe class WaitTimerTests
{
    [Fact]
    public void Passes_AWaitWithoutEndEnds_AndItIsSetAnew()
    {
        Assert.SkipUnless(Libc.IsSupported, "timer descriptors are Linux's");
        using var timer = WaitTimer.TryOpen()!;
        var epoll = Watch(timer);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Timeout.Infinite, timer.Limit(1));
            AssertWaitEnds(epoll);
            timer.Pass();
        }

        _ = Libc.Close(epoll);
    }

    [Fact]
    public void SetAlready_ALaterLimitDoesNotMoveIt()
    {
        Assert.SkipUnless(Libc.IsSupported, "timer descriptors are Linux's");
        using var timer = WaitTimer.TryOpen()!;
        var epoll = Watch(timer);
        Assert.Equal(Timeout.Infinite, timer.Limit(1));

        // A day: moved to there, it would not pass while the test runs.
        Assert.Equal(Timeout.Infinite, timer.Limit(86_400_000));
        AssertWaitEnds(epoll);
        _ = Libc.Close(epoll);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void NothingToLimit_StaysAsItIs(int milliseconds)
    {
        Assert.SkipUnless(Libc.IsSupported, "timer descriptors are Linux's");
        using var timer = WaitTimer.TryOpen()!;
        Assert.Equal(milliseconds, timer.Limit(milliseconds));
    }

    // A pipe is no timer, so the system refuses.
    [Fact]
    public void CannotBeSet_TheWaitKeepsItsLimit()
    {
        Assert.SkipUnless(Libc.IsSupported, "timer descriptors are Linux's");
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream();
        var timer = new WaitTimer((int)pipe.SafePipeHandle.DangerousGetHandle());
        Assert.Equal(100, timer.Limit(100));
    }

    private static int Watch(WaitTimer timer)
    {
        var epoll = Libc.EpollCreate(Libc.SocketCloseOnExec);
        var registration = stackalloc byte[16];
        *(uint*)registration = Libc.EpollIn | Libc.EpollEdge;
        Assert.Equal(0, Libc.EpollControl(epoll, Libc.EpollAdd, timer.Descriptor, registration));
        return epoll;
    }

    private static void AssertWaitEnds(int epoll)
    {
        var events = stackalloc byte[16];
        Assert.Equal(1, Libc.EpollWait(epoll, events, 1, Timeout.Infinite));
    }
}
