using PipeProxy.Testing;

namespace PipeProxy.FunctionalTests;

/// <summary>However a run of the load generator ends, its figures are of the time and of the requests that they say.</summary>
public sealed class LoadTestEndTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory]
    [InlineData("-t", "2")]
    [InlineData("--rate", "500")]
    public async Task ShortIntervals_AddUpToExactlyTheDuration(params string[] options)
    {
        await using var origin = ByteOrigin.Answering(Answer);
        using var run = await LoadTestRun.RunAsync([origin.Url + "/", "-c", "4", "-d", "300ms", "--interval", "10ms", .. options]);
        Assert.Equal((0, 0.3), (run.ExitCode, run.Json.GetProperty("seconds").GetDouble()));
        Assert.Equal(run.Whole("requests"), run.Sum("requests"));
        Assert.Equal(0.3, run.Sum("seconds"), 0.001);
        Assert.All(run.Json.GetProperty("intervals").EnumerateArray(), static slot => Assert.True(slot.GetProperty("seconds").GetDouble() > 0));
    }
}
