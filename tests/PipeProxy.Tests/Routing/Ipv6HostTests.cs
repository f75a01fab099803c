using System.Net;
using System.Text;
using PipeProxy.Http1;
using PipeProxy.Routing;

namespace PipeProxy.Tests.Routing;

public sealed class Ipv6HostTests
{
    [Theory]
    [InlineData("[]")]
    [InlineData("[:]")]
    [InlineData("[1]")]
    [InlineData("[:::]")]
    [InlineData("[::1")]
    [InlineData("[::1].")]
    [InlineData("[1::2::3]")]
    [InlineData("[1:2:3:4:5:6:7]")]
    [InlineData("[1:2:3:4:5:6:7:]")]
    [InlineData("[1:2:3:4:5:6:7:8:9]")]
    [InlineData("[1:2:3:4::5:6:7:8]")]
    [InlineData("[::12345]")]
    [InlineData("[::g]")]
    [InlineData("[::+1]")]
    [InlineData("[::1%25eth0]")]
    [InlineData("[::1.2.3]")]
    [InlineData("[::1.2.3.256]")]
    [InlineData("[1.2.3.4::]")]
    [InlineData("[1:2:3:4:5:6:7:1.2.3.4]")]
    public void NoAddress_HasNoKey(string host) => Assert.False(Ipv6Host.TryKey(Encoding.ASCII.GetBytes(host), new byte[Ipv6Host.KeyLength]));

    /// <summary>What the parser lets in has a key, and the one that the system's own reading gives: no spelling gets past a route.</summary>
    [Fact]
    public void EveryAddressThatARequestMayName_HasTheKeyOfItsBytes()
    {
        var random = new Random(20261127);
        var valid = 0;
        for (var round = 0; round < 200_000; round++)
        {
            var text = Written(random);
            var host = Encoding.ASCII.GetBytes($"[{text}]");
            if (!Authority.IsValid(host))
            {
                continue;
            }

            valid++;
            var key = new byte[Ipv6Host.KeyLength];
            Assert.True(Ipv6Host.TryKey(host, key), text);
            Assert.Equal((byte[])[(byte)'[', .. IPAddress.Parse(text).GetAddressBytes()], key);
        }

        Assert.InRange(valid, 10_000, 200_000);
    }

    // Nearly right, in any spelling.
    private static string Written(Random random)
    {
        var groups = Enumerable.Range(0, random.Next(5) == 0 ? random.Next(10) : 8).Select(_ => random.Next(0x10000).ToString(new[] { "x", "X", "x4", "x5" }[random.Next(40) == 0 ? 3 : random.Next(3)])).ToList();
        if (random.Next(2) == 0 && groups.Count > 1)
        {
            groups.RemoveRange(groups.Count - 2, 2);
            groups.Add(string.Join('.', Enumerable.Range(0, random.Next(20) == 0 ? 3 : 4).Select(_ => random.Next(20) == 0 ? $"0{random.Next(300)}" : $"{random.Next(256)}")));
        }

        if (random.Next(2) == 0 && groups.Count > 0)
        {
            var from = random.Next(groups.Count);
            var count = random.Next(groups.Count - from) + 1;
            groups.RemoveRange(from, count);
            groups.Insert(from, from == 0 || from == groups.Count ? ":" : "");
        }

        return string.Join(':', groups);
    }
}
