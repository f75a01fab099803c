using System.CommandLine;
using System.Security.Authentication;
using System.Text;
using PipeProxy.LoadTest;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.Tests.LoadTest;

public sealed class LoadPlanTests
{
    [Fact]
    public void UrlAlone_HasTheDefaultsOfTheHelp()
    {
        var plan = Read("http://127.0.0.1:8080/");
        Assert.Equal((64, 1, TimeSpan.FromSeconds(10), (long?)null, (double?)null), (plan.Connections, plan.Threads, plan.Duration, plan.Requests, plan.Rate));
        Assert.Equal(("GET", (byte[]?)null, false), (plan.Request.Method, plan.Request.Body, plan.Request.Chunked));
        Assert.Equal((0, TimeSpan.Zero, TimeSpan.FromSeconds(10)), (plan.RequestsPerConnection, plan.Warmup, plan.Timeout));
        Assert.False(plan.Tls.Insecure || plan.Tls.Resume || plan.Tls.Rotate);
    }

    [Fact]
    public void EveryOption_ReachesThePlan()
    {
        var plan = Read(
            "https://a.example/x", "--target", "https://a.example/y?z=1 4", "-c", "8", "-t", "2", "-d", "500ms", "--rate", "5k", "--warmup", "2s", "--timeout", "1m", "--interval", "100ms",
            "--requests-per-connection", "9", "-X", "PUT", "-H", "A: b: c", "-H", "Empty:", "--body-size", "2KiB", "--chunked", "-k", "--tls", "1.2", "--server-name", "b.example", "--tls-resume", "--rotate-certs");
        Assert.Equal([("https://a.example/x", 1), ("https://a.example/y?z=1", 4)], plan.Targets.Select(static target => (target.Url.AbsoluteUri, target.Weight)));
        Assert.Equal((8, 2, TimeSpan.FromMilliseconds(500), (double?)5000), (plan.Connections, plan.Threads, plan.Duration, plan.Rate));
        Assert.Equal((TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(100), 9), (plan.Warmup, plan.Timeout, plan.Interval, plan.RequestsPerConnection));
        Assert.Equal(("PUT", 2048, true), (plan.Request.Method, plan.Request.Body?.Length, plan.Request.Chunked));
        Assert.Equal([("A", "b: c"), ("Empty", "")], plan.Request.Fields);
        Assert.Equal((true, SslProtocols.Tls12, "b.example", true, true), (plan.Tls.Insecure, plan.Tls.Protocols, plan.Tls.ServerName, plan.Tls.Resume, plan.Tls.Rotate));
    }

    [Fact]
    public void Requests_HaveNoDurationUnlessOneIsGiven()
    {
        Assert.Equal((null, 500L), (Read("http://a/", "-n", "500").Duration, Read("http://a/", "-n", "500").Requests));
        Assert.Equal(TimeSpan.FromSeconds(3), Read("http://a/", "-n", "500", "-d", "3").Duration);
    }

    [Fact]
    public void Body_MakesAPost() => Assert.Equal("POST", Read("http://a/", "--body", "x").Request.Method);

    [Fact]
    public void MoreThreadsThanConnections_AreNotMade() => Assert.Equal(3, Read("http://a/", "-c", "3", "-t", "8").Threads);

    [Theory]
    [InlineData("http://h/a", "http://h/a", 1)]
    [InlineData("http://h/a=3", "http://h/a", 3)]
    [InlineData("http://h/a 3", "http://h/a", 3)]
    [InlineData("http://h/?page=3", "http://h/?page=3", 1)]
    [InlineData("http://h/?page=3 2", "http://h/?page=3", 2)]
    [InlineData("http://h/?a=b=c", "http://h/?a=b=c", 1)]
    [InlineData("http://h/key=value 1", "http://h/key=value", 1)]
    [InlineData("http://h/key=value/x", "http://h/key=value/x", 1)]
    [InlineData("http://h/key=value/x=2", "http://h/key=value/x", 2)]
    public void Weight_IsTakenFromTheEnd(string text, string url, int weight)
    {
        Assert.True(Target.TryParse(text, out var target, out _));
        Assert.Equal((url, weight), (target.Url.AbsoluteUri, target.Weight));
    }

    [Theory]
    [InlineData("h/a")]
    [InlineData("ftp://h/")]
    [InlineData("http://")]
    [InlineData("http://user:secret@h/")]
    [InlineData("http://h/#part")]
    [InlineData("http://h/a=0")]
    [InlineData("http://h/a 1001")]
    [InlineData("http://h/a x")]
    [InlineData("http://h/a=x")]
    [InlineData("http://h/a=-1")]
    [InlineData("http://h/a=1.5")]
    [InlineData("http://h/a=")]
    public void WrongTarget_IsRefusedWithAReason(string text)
    {
        Assert.False(Target.TryParse(text, out _, out var wrong));
        Assert.Contains(text, wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10", 10_000)]
    [InlineData("10s", 10_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2H", 7_200_000)]
    public void Time_IsReadWithItsUnit(string text, double milliseconds)
    {
        Assert.True(Quantity.TryTime(text, out var time));
        Assert.Equal(milliseconds, time.TotalMilliseconds);
    }

    [Theory]
    [InlineData("512", 512)]
    [InlineData("1KiB", 1024)]
    [InlineData("64k", 65_536)]
    [InlineData("1MB", 1_000_000)]
    [InlineData("2 MiB", 2_097_152)]
    public void Size_IsReadWithItsUnit(string text, int bytes)
    {
        Assert.True(Quantity.TrySize(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1e3")]
    [InlineData("10 parsecs")]
    public void WrongQuantity_IsRefused(string text)
    {
        Assert.False(Quantity.TryTime(text, out _));
        Assert.False(Quantity.TrySize(text, out _));
        Assert.False(Quantity.TryRate(text, out _));
    }

    [Fact]
    public void Request_IsRenderedAsItGoesOverTheWire()
    {
        Assert.Equal("GET /a?b=c HTTP/1.1\r\nHost: h:81\r\n\r\n", Render(new RequestTemplate { Method = "GET" }, "http://h:81/a?b=c"));
        Assert.Equal("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", Render(new RequestTemplate { Method = "GET" }, "http://h", last: true));
        Assert.Equal("GET / HTTP/1.1\r\nhost: other\r\nA: b\r\n\r\n", Render(new RequestTemplate { Method = "GET", Fields = [("host", "other"), ("A", "b")] }, "http://h"));
        Assert.Equal("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", Render(new RequestTemplate { Method = "POST" }, "http://h"));
        Assert.Equal("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", Render(new RequestTemplate { Method = "POST", Body = "abc"u8.ToArray() }, "http://h"));
        Assert.Equal("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Render(new RequestTemplate { Method = "POST", Body = "abc"u8.ToArray(), Chunked = true }, "http://h"));
    }

    private static string Render(RequestTemplate template, string url, bool last = false) => Encoding.Latin1.GetString(template.Render(new Uri(url), last));

    private static LoadPlan Read(params string[] arguments)
    {
        RunOptions options = new();
        Command command = new("test");
        options.AddTo(command);
        var parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        return options.Read(parsed);
    }
}
