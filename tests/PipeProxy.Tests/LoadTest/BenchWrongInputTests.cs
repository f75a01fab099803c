using PipeProxy.LoadTest.Results;
using PipeProxy.Testing;

namespace PipeProxy.Tests.LoadTest;

/// <summary>What people and scripts get wrong ends in one clear error and not in a stack trace.</summary>
public sealed class BenchWrongInputTests
{
    [Theory]
    [InlineData("http://h/", "--json")]
    [InlineData("http://h/", "--csv")]
    [InlineData("http://h/", "--html")]
    [InlineData("http://h/", "--body-file")]
    [InlineData("http://h/", "--trusted-ca")]
    [InlineData("http://h/", "--cert")]
    [InlineData("turns a=http://h/ b=http://h/", "--csv")]
    [InlineData("turns a=http://h/ b=http://h/", "--trusted-ca")]
    [InlineData("compare x y", "--a")]
    public async Task EmptyFileName_IsExit2AndNamesTheOption(string line, string option)
    {
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync([.. line.Split(' '), option, ""]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith($"error: {option} takes a file's name, not ''.", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--tls", "1.1", "--tls takes 1.2 or 1.3, not '1.1'.")]
    [InlineData("-o", "xml", "--output takes text or json, not 'xml'.")]
    public async Task WrongChoice_IsExit2AndNamesTheOption(string option, string value, string message)
    {
        var (exitCode, _, error) = await BenchCommandLineTests.RunAsync(["http://h/", option, value]);
        Assert.Equal(2, exitCode);
        Assert.StartsWith($"error: {message}", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ValueThatBeginsWithAt_IsThatValue()
    {
        await using var origin = ByteOrigin.Start(static async connection =>
        {
            var head = await connection.TryReadHeadAsync();
            await connection.WriteAsync(head!.Contains("X-Who: @me\r\n", StringComparison.Ordinal) && head.Contains("Content-Length: 6\r\n", StringComparison.Ordinal)
                ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        });
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync([origin.Url + "/", "-n", "1", "-c", "1", "-q", "--body", "@hello", "-H", "X-Who: @me"]);
        Assert.True(exitCode == 0, error);
        Assert.Contains("200: 1", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResultWithANameTwice_IsExit1AndNamed()
    {
        using TemporaryDirectory folder = new();
        var json = JsonReport.Of(SampleResult.Make());
        var twice = folder.Write("twice.json", json.Replace("\"options\": {", "\"options\": { \"tls\": \"1.2\",", StringComparison.Ordinal));
        var (exitCode, output, error) = await BenchCommandLineTests.RunAsync(["compare", folder.Write("good.json", json), twice]);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"error: '{twice}' is no result of pipeproxy-bench --json: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StandardErrorThatIsFull_DoesNotEndTheRun()
    {
        await using var origin = ByteOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        using StringWriter output = new();
        using FullWriter full = new();
        Assert.Equal(3, await PipeProxy.LoadTest.CommandLine.RunAsync([origin.Url + "/", "-n", "3", "-c", "1", "--fail-if", "requests=3"], output, full));
        Assert.Contains("200: 3", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, await PipeProxy.LoadTest.CommandLine.RunAsync(["--no-such-flag"], output, full));
    }

    private sealed class FullWriter : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left on device");

        public override void Write(string? value) => throw new IOException("No space left on device");

        public override void Write(char[] buffer, int index, int count) => throw new IOException("No space left on device");

        public override void WriteLine(string? value) => throw new IOException("No space left on device");
    }
}
