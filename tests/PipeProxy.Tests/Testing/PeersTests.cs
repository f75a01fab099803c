using System.Net.Sockets;
using PipeProxy.Testing;

namespace PipeProxy.Tests.Testing;

public sealed class PeersTests
{
    [Fact]
    public void MissingPeer_FailsWhereItMustBePresent()
    {
        Exception e = Assert.ThrowsAny<Exception>(() => Peers.Miss("no-such-peer", mustBePresent: true));
        Assert.Contains("'no-such-peer' is not installed", e.Message, StringComparison.Ordinal);
        Assert.IsType<Xunit.Sdk.FailException>(e);
    }

    [Fact]
    public void MissingPeer_SkipsElsewhere()
    {
        // Not by Record.Exception: it lets the exception that means "skip" through.
        string? message = null;
        try
        {
            Peers.Miss("no-such-peer", mustBePresent: false);
        }
        catch (Exception e)
        {
            message = e.Message;
        }

        Assert.StartsWith("$XunitDynamicSkip$", message, StringComparison.Ordinal); // xunit's mark of a skip
    }

    [Fact]
    public void Program_IsFound() => Assert.True(File.Exists(Peers.Find("sh")));

    [Fact]
    public void Ports_AreNotGivenTwice() => Assert.Distinct(Enumerable.Range(0, 50).Select(_ => FreePorts.Next()));

    [Fact]
    public async Task ClosedPort_Refuses()
    {
        using ClosedPort closed = new();
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => RawClient.ConnectAsync(closed.Port));
        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    }
}
