using System.Globalization;
using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;

namespace PipeProxy.LoadTest.Progress;

/// <summary>A line per interval at first, and one in ten later: for logs.</summary>
internal sealed class PlainProgress(TextWriter output) : IRunProgress
{
    private const int AllOf = 10;

    private int _lines;

    public void Connecting(int connections) => output.WriteLine($"opening {connections} connections");

    public void WarmingUp(TimeSpan time) => output.WriteLine($"warming up for {Text.Duration(time.TotalSeconds)}");

    public void Measured(IntervalResult interval, Tally total)
    {
        if (++_lines <= AllOf || _lines % AllOf == 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{interval.At,6:0.0} s  {interval.Rate,10:N0}/s  p50 {Text.Microseconds(interval.P50),9}  p99 {Text.Microseconds(interval.P99),9}  errors {interval.Errors}"));
        }
    }

    public void Ended()
    {
    }
}

/// <summary>Says nothing.</summary>
internal sealed class NoProgress : IRunProgress
{
    public void Connecting(int connections)
    {
    }

    public void WarmingUp(TimeSpan time)
    {
    }

    public void Measured(IntervalResult interval, Tally total)
    {
    }

    public void Ended()
    {
    }
}
