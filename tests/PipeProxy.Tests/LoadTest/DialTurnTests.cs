using PipeProxy.LoadTest.Load;

namespace PipeProxy.Tests.LoadTest;

public sealed class DialTurnTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(4, 6)]
    [InlineData(5, 3)]
    public void EveryCertificate_MeetsEveryAddressOnceARound(int certificates, int addresses)
    {
        var turns = Enumerable.Range(0, 2 * certificates * addresses).Select(number => DialTurn.Of((uint)number, certificates, addresses)).ToArray();
        var round = certificates * addresses;
        Assert.Equal(round, turns.Take(round).Distinct().Count());
        Assert.Equal(turns.Take(round), turns.Skip(round));
        Assert.All(turns, turn => Assert.True(turn.Certificate < certificates && turn.Address < addresses));
    }

    [Fact]
    public void CertificatesAlternateFirst() => Assert.Equal(
        [new(0, 0), new(1, 0), new(0, 1), new(1, 1)],
        Enumerable.Range(0, 4).Select(static number => DialTurn.Of((uint)number, 2, 2)));
}
