using System.Net;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Progress;

namespace PipeProxy.Tests.LoadTest;

public sealed class TargetHostTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly string LongName = string.Join('.', Enumerable.Repeat(new string('a', 63), 4));

    [Theory]
    [InlineData("http://0.0.0.0:8080/", "0.0.0.0 is what a server listens on; give an address to connect to, such as 127.0.0.1.")]
    [InlineData("http://0/", "0.0.0.0 is what a server listens on; give an address to connect to, such as 127.0.0.1.")]
    [InlineData("https://[::]:8443/a", ":: is what a server listens on; give an address to connect to, such as [::1].")]
    public void AddressThatMeansAll_IsNoTarget(string url, string reason)
    {
        Assert.False(Target.TryParse(url, out _, out var wrong));
        Assert.Equal($"'{url}': {reason}", wrong);
    }

    [Fact]
    public void NameThatIsTooLong_IsNoTarget()
    {
        Assert.Equal(255, LongName.Length);
        Assert.False(Target.TryParse($"http://{LongName}/", out _, out var wrong));
        Assert.EndsWith("host names have at most 253 characters (currently 255).", wrong, StringComparison.Ordinal);
        Assert.True(Target.TryParse($"http://{LongName[..253]}/", out _, out _));
    }

    [Fact]
    public async Task NameThatTheResolverDoesNotTake_IsAnErrorWithItsReason()
    {
        // The label is too long for the DNS: no question leaves the machine.
        Assert.True(Target.TryParse($"http://{new string('a', 64)}.invalid/", out var target, out _));
        var wrong = await Assert.ThrowsAsync<LoadException>(() => Origin.ResolveAsync([target], TestContext.Current.CancellationToken));
        Assert.StartsWith("The name 'aaaa", wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>What Ctrl-C and SIGTERM cancel, while getaddrinfo hangs, which nothing can cancel.</summary>
    [Fact]
    public async Task StopWhileTheResolverHangs_EndsTheRunAtOnce()
    {
        using CancellationTokenSource stop = new();
        TaskCompletionSource<string> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(Target.TryParse("http://hangs.example/", out var target, out _));
        LoadPlan plan = new() { Targets = [target], Request = new RequestTemplate { Method = "GET" }, Connections = 1, Timeout = TimeSpan.FromHours(1) };
        using LoadRun run = new(plan, [], new NoProgress(), stop.Token, name =>
        {
            asked.SetResult(name);
            return new TaskCompletionSource<IPAddress[]>().Task;
        });
        var ended = run.RunAsync();
        Assert.Equal("hangs.example", await asked.Task.WaitAsync(Soon, TestContext.Current.CancellationToken));

        await stop.CancelAsync();

        var reason = await Assert.ThrowsAsync<LoadException>(() => ended.WaitAsync(Soon, TestContext.Current.CancellationToken));
        Assert.Equal("interrupted before anything was measured.", reason.Message);
    }
}
