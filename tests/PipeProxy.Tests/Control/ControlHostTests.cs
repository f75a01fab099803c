using PipeProxy.Control;

namespace PipeProxy.Tests.Control;

public sealed class ControlHostTests
{
    private const string OneId = "0123456789abcdef0123456789abcdef\n";
    private const string AnotherId = "fedcba98765432100123456789abcdef\n";

    private static readonly ControlHost Host = ControlHost.Of("boot 2", OneId, "a");

    [Fact]
    public void Name_IsOfThisHostInThisRunAndInEarlierOnes()
    {
        Assert.True(Host.Owns(Host.Text));
        Assert.True(Host.Owns(ControlHost.Of("boot 1", OneId, "a").Text));

        // A container of the same kernel: sockets are the kernel's.
        Assert.True(Host.Owns(ControlHost.Of("boot 2", null, "container").Text));
        Assert.True(ControlHost.Of("boot 2", "", "container").Owns(Host.Text));
    }

    [Fact]
    public void AnotherHostsName_IsNot()
    {
        Assert.False(Host.Owns(ControlHost.Of("boot 1", AnotherId, "a").Text));

        // The machine was copied with its id.
        Assert.False(Host.Owns(ControlHost.Of("boot 1", OneId, "b").Text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("uninitialized\n")]
    public void HostWithoutAnIdOfItsOwn_OwnsNothingOfEarlierRuns(string? id)
    {
        var host = ControlHost.Of("boot 2", id, "a");

        Assert.True(host.Owns(host.Text));
        Assert.False(host.Owns(ControlHost.Of("boot 1", id, "a").Text));
        Assert.False(host.Owns(""));
    }
}
