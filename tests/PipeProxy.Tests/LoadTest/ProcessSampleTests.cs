using PipeProxy.LoadTest.Watch;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

public sealed class ProcessSampleTests
{
    [Fact]
    public async Task Process_IsSampledWithItsDescendants()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It reads Linux's /proc.");
        Assert.True(ProcessSample.TryRead(Environment.ProcessId, out var own));
        Assert.True(own.Cpu > TimeSpan.Zero && own.Rss > 1_000_000);

        await using var shell = TestProcess.Start("/bin/sh", ["-c", "echo started; cat; :"]);
        await shell.WaitForLineAsync("started");
        Assert.True(ProcessSample.TryRead(shell.Id, out var both));
        Assert.True(both.Rss > 0);
        Assert.True(WatchedProcess.TryParse($"{shell.Id}=shell", out var watched, out _));
        watched.Begin();
        watched.End();
        Assert.Equal(("shell", shell.Id, false), (watched.Usage.Name, watched.Usage.Pid, watched.Usage.IsGone));
        Assert.True(watched.Usage.RssPeak >= watched.Usage.RssLast && watched.Usage.RssLast > 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("1=")]
    [InlineData("4194999=none")]
    public void WhatIsNoProcess_IsRefused(string text)
    {
        Assert.False(WatchedProcess.TryParse(text, out _, out var wrong));
        Assert.Contains("--watch-pid", wrong, StringComparison.Ordinal);
    }
}
