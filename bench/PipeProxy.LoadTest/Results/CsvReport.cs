using System.Text;

namespace PipeProxy.LoadTest.Results;

/// <summary>A result as CSV (RFC 4180): a line per interval and one for the total. Times are microseconds.</summary>
/// <remarks>Intervals have p50, p99 and max; the columns that they lack are empty.</remarks>
internal static class CsvReport
{
    internal static string Of(LoadResult result)
    {
        var csv = new StringBuilder();
        csv.Append("kind,t,seconds,requests,rate,errors,p50,p75,p90,p99,p99.9,p99.99,p99.999,mean,max,late,unsent\r\n");
        foreach (var slot in result.Intervals)
        {
            csv.Append(Text.Invariant($"interval,{slot.At:0.######},{slot.Seconds:0.######},{slot.Requests},{slot.Rate:0.###},{slot.Errors},{slot.P50:0.###},,,{slot.P99:0.###},,,,,{slot.Max:0.###},,\r\n"));
        }

        var latency = result.Latency;
        csv.Append(Text.Invariant($"total,{result.Seconds:0.######},{result.Seconds:0.######},{result.Total.Requests},{result.Rate:0.###},{result.Total.Errors},"));
        csv.AppendJoin(',', latency.Values.Select(static value => Text.Invariant($"{value:0.###}")));
        csv.Append(Text.Invariant($",{latency.Mean:0.###},{latency.Max:0.###},{result.Total.Late},{result.Unsent}\r\n"));
        return csv.ToString();
    }
}
