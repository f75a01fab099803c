using PipeProxy.Configuration;

namespace PipeProxy.Tests.Configuration;

/// <summary>The small texts of a configuration: durations, sizes, names, addresses, variables.</summary>
public sealed class ConfigurationTextTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("50m", 3_000_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0s", 0)]
    public void Duration_IsReadAndWritten(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
        Assert.Equal(text, DurationText.Format(duration));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1.5s")]
    [InlineData("5S")]
    [InlineData("5 s")]
    [InlineData("99999999999999999999s")]
    [InlineData("9223372036854775807h")]
    public void Duration_OfOtherForm_IsRefused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("16384", 16384)]
    [InlineData("16B", 16)]
    [InlineData("16KiB", 16384)]
    [InlineData("1MiB", 1 << 20)]
    [InlineData("2GiB", 2L << 30)]
    public void Size_IsRead(string text, long expected)
    {
        Assert.True(SizeText.TryParse(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("KiB")]
    [InlineData("16KB")]
    [InlineData("16kib")]
    [InlineData("-1")]
    [InlineData("9223372036854775807KiB")]
    public void Size_OfOtherForm_IsRefused(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData("enviromentType", "environmentType")]
    [InlineData("ROUTES", "routes")]
    [InlineData("lmiits", "limits")]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void Suggestion_IsNearOrAbsent(string written, string? expected)
        => Assert.Equal(expected, NearestName.Find(written, ["environmentType", "routes", "limits", "timeouts"]));

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080", true)]
    [InlineData("HTTPS://[0:0:0:0:0:0:0:1]:0/", "https://[::1]:0", true)]
    [InlineData("http://localhost", "http://localhost:80", true)]
    [InlineData("https://*", "https://*:443", false)]
    [InlineData("http://0.0.0.0:1", "http://0.0.0.0:1", false)]
    public void ListenerUrl_IsTakenApart(string url, string canonical, bool isLoopback)
    {
        Assert.True(ListenerAddress.TryParse(url, out var address, out _));
        Assert.Equal((canonical, isLoopback), (address.Url, address.IsLoopback));
        Assert.NotEmpty(address.Addresses);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://")]
    [InlineData("http://a.example:80")]
    [InlineData("http://127.1:80")]
    [InlineData("http://::1:80")]
    [InlineData("http://[127.0.0.1]:80")]
    [InlineData("http://127.0.0.1:x")]
    [InlineData("http://127.0.0.1:-1")]
    [InlineData("http://u@127.0.0.1:1")]
    [InlineData("http://127.0.0.1:1?x")]
    public void ListenerUrl_OfOtherForm_IsRefused(string url)
    {
        Assert.False(ListenerAddress.TryParse(url, out _, out var problem));
        Assert.Contains(ListenerAddress.Expected, problem);
    }

    [Fact]
    public void DotenvFile_KnowsQuotesCommentsAndExport()
    {
        var context = new ConfigurationContext(new Dictionary<string, string>(), new HashSet<string>());

        var variables = DotenvFile.Parse(".env", "\uFEFF# note\r\nA=1\r\nexport B = two words # note\nC='a # b\\n'\nD=\"a\\n\\\"b\\\" \\$x \\y\" # note\nE=\nF=a#b\nG=#c\n", context);

        Assert.Empty(context.Errors);
        Assert.Equal(
            new Dictionary<string, string> { ["A"] = "1", ["B"] = "two words", ["C"] = "a # b\\n", ["D"] = "a\n\"b\" $x \\y", ["E"] = "", ["F"] = "a#b", ["G"] = "" },
            variables);
    }

    [Theory]
    [InlineData("$env(A)", "A")]
    [InlineData("$env( A_1 )", "A_1")]
    [InlineData("$env(A)x", null)]
    [InlineData("$env(1)", null)]
    [InlineData("${env.A}", null)]
    public void Selector_IsAWholeValue(string text, string? name) => Assert.Equal(name, EnvironmentSelector.NameIn(text));
}
