using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace PipeProxy.Comparison;

/// <summary>Reads <c>pipeproxy.loop.lag</c> from outside, by the runtime's diagnostics port, as dotnet-counters does.</summary>
internal static class LoopLagWatch
{
    /// <summary>How often the runtime reads the gauge, whose quantiles are of the time since the last reading. It takes no less.</summary>
    public const double IntervalSeconds = 0.1;

    private const string Provider = "System.Diagnostics.Metrics";
    private const long TimeSeriesValues = 0x2;

    /// <summary>Writes a line of unix time and seconds for every reading of the 99th percentile, of the worst loop.</summary>
    /// <param name="processId">A PipeProxy of the same user.</param>
    /// <param name="file">Complete when this returns.</param>
    /// <param name="until">Its end is the end of watching, which has begun when a line of output says so.</param>
    public static async Task RunAsync(int processId, string file, TextReader until)
    {
        var arguments = new Dictionary<string, string>
        {
            ["Metrics"] = @"PipeProxy\pipeproxy.loop.lag",
            ["RefreshInterval"] = IntervalSeconds.ToString(CultureInfo.InvariantCulture),
        };
        using var session = await new DiagnosticsClient(processId).StartEventPipeSessionAsync(
            [new EventPipeProvider(Provider, EventLevel.Informational, TimeSeriesValues, arguments)], requestRundown: false, circularBufferMB: 4, CancellationToken.None);
        var reading = Task.Run(() => Read(session.EventStream));
        Console.WriteLine("watching");
        await until.ReadToEndAsync();
        await session.StopAsync(CancellationToken.None);
        var samples = await reading;
        await File.WriteAllLinesAsync(file, samples.Select(static sample => string.Create(CultureInfo.InvariantCulture, $"{sample.At:0.000} {sample.Seconds}")));
    }

    private static List<(double At, double Seconds)> Read(Stream events)
    {
        var samples = new List<(double At, double Seconds)>();
        using var source = new EventPipeEventSource(events);
        source.Dynamic.AddCallbackForProviderEvent(Provider, "GaugeValuePublished", value =>
        {
            if (value.PayloadStringByName("tags").Contains("quantile=0.99", StringComparison.Ordinal)
                && double.TryParse(value.PayloadStringByName("lastValue"), CultureInfo.InvariantCulture, out var seconds))
            {
                var at = (value.TimeStamp.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
                samples.Add((at, seconds));
            }
        });
        source.Process();
        return samples;
    }
}
