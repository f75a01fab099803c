using System.Text;
using PipeProxy.Http1;

namespace PipeProxy.Tests.Http1;

public sealed class KeepAliveFieldTests
{
    [Theory]
    [InlineData("timeout=5", 5)]
    [InlineData("timeout=5, max=100", 5)]
    [InlineData("max=100,TIMEOUT = 15", 15)]
    [InlineData("timeout=0", 0)]
    [InlineData("timeout=4294967295", 1_000_000)]
    public void Timeout_IsRead(string value, int seconds)
    {
        Assert.True(KeepAliveField.TryReadTimeout(Encoding.ASCII.GetBytes(value), out var timeout));
        Assert.Equal(TimeSpan.FromSeconds(seconds), timeout);
    }

    [Theory]
    [InlineData("")]
    [InlineData("max=100")]
    [InlineData("timeout")]
    [InlineData("timeout=")]
    [InlineData("timeout=-1")]
    [InlineData("timeout=5s")]
    [InlineData("timeout=99999999999")]
    [InlineData("x-timeout=5")]
    public void OtherThings_MeanNothing(string value) => Assert.False(KeepAliveField.TryReadTimeout(Encoding.ASCII.GetBytes(value), out _));
}
