using System.Net;
using PipeProxy.Connections;

namespace PipeProxy.Tests.Connections;

public sealed class ConnectionCountsTests
{
    [Fact]
    public void Places_AreTakenAndGivenBack()
    {
        var counts = new ConnectionCounts();

        Assert.True(counts.TryEnter(1));
        Assert.False(counts.TryEnter(1));
        Assert.Equal(1, counts.Open);
        counts.Leave();
        Assert.True(counts.TryEnter(1));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    [InlineData("0.0.0.1", "::", false)]
    public void Clients_AreCountedByAddressOrNetwork(string one, string other, bool same)
    {
        var counts = new ConnectionCounts();
        var (first, second) = (IPAddress.Parse(one), IPAddress.Parse(other));

        Assert.True(counts.TryEnter(first, 1));
        Assert.False(counts.TryEnter(first, 1));
        Assert.Equal(!same, counts.TryEnter(second, 1));
        counts.Leave(first);
        Assert.True(counts.TryEnter(first, 1));
    }

    [Fact]
    public void Refusals_AreBounded()
    {
        var counts = new ConnectionCounts();

        var told = 0;
        while (counts.TryRefuse())
        {
            told++;
        }

        Assert.InRange(told, 1, 1024);
        counts.EndRefusal();
        Assert.True(counts.TryRefuse());
    }
}
