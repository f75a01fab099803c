using PipeProxy.LoadTest.Load;

namespace PipeProxy.Tests.LoadTest;

public sealed class TargetHostTests
{
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
}
