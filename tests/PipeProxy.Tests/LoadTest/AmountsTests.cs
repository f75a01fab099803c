using PipeProxy.LoadTest;

namespace PipeProxy.Tests.LoadTest;

public sealed class AmountsTests
{
    [Theory]
    [InlineData("1h", 3600)]
    [InlineData("1h30m", 5400)]
    [InlineData("1h 30m 5s", 5405)]
    [InlineData("1m500ms", 60.5)]
    [InlineData("1.5h0.5m", 5430)]
    [InlineData("90", 90)]
    [InlineData("10 s", 10)]
    public void TimesWithSeveralUnits_AreTheirSum(string text, double seconds)
    {
        Assert.True(Quantity.TryTime(text, out var time));
        Assert.Equal(seconds, time.TotalSeconds);
    }

    [Theory]
    [InlineData("1h30")]
    [InlineData("30m1h")]
    [InlineData("1s1s")]
    [InlineData("h")]
    [InlineData("1hm")]
    [InlineData("1..5h1m")]
    public void OtherCompositions_AreNoTimes(string text) => Assert.False(Quantity.TryTime(text, out _));

    [Theory]
    [InlineData("-c", "99999999999", "--connections: '99999999999' is too large; at most 1000000.")]
    [InlineData("-c", "1000001", "--connections: '1000001' is too large; at most 1000000.")]
    [InlineData("-t", "1025", "--threads: '1025' is too large; at most 1024.")]
    [InlineData("-n", "99999999999999999999", "--requests: '99999999999999999999' is too large; at most 9223372036854775807.")]
    [InlineData("-d", "1001h", "--duration: '1001h' is too large; at most 1000h.")]
    [InlineData("-d", "999999999999999999999999s", "--duration: '999999999999999999999999s' is too large; at most 1000h.")]
    [InlineData("--rate", "2000m", "--rate: '2000m' is too large; at most 1000000000.")]
    [InlineData("--body-size", "2GiB", "--body-size: '2GiB' is too large; at most 1023 MiB.")]
    [InlineData("-c", "00", "--connections takes a whole number from 1, not '00'.")]
    [InlineData("-d", "0", "--duration takes a time such as 10s, 500ms or 1h30m, not '0'.")]
    public async Task AmountThatIsTooLarge_IsCalledThat(string option, string value, string message)
    {
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["http://h/", option, value]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith($"error: {message}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://h/ --warmup 0")]
    [InlineData("turns a=https://h/ b=https://h/ --warmup 0s")]
    public async Task WarmUpOfZero_IsNone(string line)
    {
        // The next thing that is wrong.
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync([.. line.Split(' '), "--cert", "none.pem"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("none.pem", error, StringComparison.Ordinal);
    }
}
