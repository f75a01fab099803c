using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using PipeProxy.LoadTest.Watch;

namespace PipeProxy.Tests.LoadTest;

/// <summary>A result made up: 1000 answers of 1 to 1000 ms, ten of them 404, two timeouts.</summary>
internal static class SampleResult
{
    internal static LoadResult Make(string url = "http://127.0.0.1:8080/", double seconds = 10, TimeSpan? cpu = null)
    {
        Tally total = new();
        for (var i = 1; i <= 1000; i++)
        {
            total.Answered(i <= 10 ? 404 : 200, i * Clock.Millisecond);
        }

        total.Failed(SocketErrorKind.Timeout, "no answer in time");
        total.Failed(SocketErrorKind.Timeout, "no answer in time");
        total.Bytes = 123_456;
        Assert.True(Target.TryParse(url, out var target, out _));
        return new LoadResult
        {
            Plan = new LoadPlan { Targets = [target], Request = new RequestTemplate { Method = "GET", Fields = [("Authorization", "secret")] }, Duration = TimeSpan.FromSeconds(seconds) },
            Started = new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero),
            Seconds = seconds,
            Total = total,
            Intervals = [IntervalResult.Of(total, seconds, 0)],
            Watched = [new ProcessUsage("proxy", 42, cpu ?? TimeSpan.FromSeconds(2), 5_000_000, 4_000_000, false)],
            OwnCpu = TimeSpan.FromSeconds(1),
            Unsent = 0,
            Waiting = new WaitingRequests([[0]], 2 * Clock.Second),
            Interrupted = false,
            GaveUp = false,
        };
    }
}
