using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PipeProxy.LoadTest.Progress;

/// <summary>The run on a terminal: how far it is, rate as a line of bars, percentiles of the last interval and of all; gone when the result is printed.</summary>
internal sealed class LiveProgress : IRunProgress
{
    private const int Bars = 48;
    private const string Heights = "▁▂▃▄▅▆▇█";

    private readonly LoadPlan _plan;
    private readonly LiveDisplayContext _context;
    private readonly TaskCompletionSource _ended = new();
    private readonly Task _display;
    private readonly Queue<double> _rates = new();

    internal LiveProgress(LoadPlan plan, TextWriter terminal)
    {
        _plan = plan;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal) });

        // The display lives in a callback, which runs up to its first await here and now.
        LiveDisplayContext? context = null;
        _display = console.Live(new Markup("[grey]starting[/]")).AutoClear(true).StartAsync(live =>
        {
            context = live;
            return _ended.Task;
        });
        _context = context!;
    }

    public void Connecting(int connections) => Show(new Markup($"[grey]opening {Text.Plural(connections, "connection")}[/]"));

    public void WarmingUp(TimeSpan time) => Show(new Markup($"[grey]warming up for {Text.Duration(time.TotalSeconds)}[/]"));

    public void Measured(IntervalResult interval, Tally total)
    {
        _rates.Enqueue(interval.Rate);
        if (_rates.Count > Bars)
        {
            _rates.Dequeue();
        }

        var all = LatencySummary.Of(total.Latency);
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey).Title(Markup.Escape(Title(interval)))
            .AddColumn("").AddColumn(Right("per second")).AddColumn(Right("p50")).AddColumn(Right("p90")).AddColumn(Right("p99")).AddColumn(Right("p99.9")).AddColumn(Right("max")).AddColumn(Right("errors"));
        table.AddRow(Cells("[grey]now[/]", interval.Rate, interval.P50, null, interval.P99, null, interval.Max, interval.Errors));
        table.AddRow(Cells("[grey]all[/]", total.Requests / interval.At, all.At(50), all.At(90), all.At(99), all.At(99.9), all.Max, total.Errors));
        Show(new Rows(table, new Markup($"  [blue]{Sparkline()}[/]  [grey]requests per second, up to {Text.Rate(_rates.Max())}[/]")));
    }

    public void Ended()
    {
        if (_ended.TrySetResult())
        {
            _display.GetAwaiter().GetResult();
        }
    }

    private static TableColumn Right(string header) => new TableColumn(header).RightAligned();

    private static IRenderable[] Cells(string name, double rate, double p50, double? p90, double p99, double? p999, double max, long errors)
    {
        return
        [
            new Markup(name), new Markup($"[bold]{Text.Rate(rate)}[/]"), Time(p50), Time(p90), Time(p99), Time(p999), Time(max),
            new Markup(errors == 0 ? "0" : $"[red]{Text.Count(errors)}[/]"),
        ];

        static Markup Time(double? value) => new(value is { } known ? Text.Microseconds(known) : "");
    }

    private string Title(IntervalResult interval) => _plan switch
    {
        { Duration: { } duration } => Text.Invariant($"{interval.At:0} of {duration.TotalSeconds:0.#} s"),
        _ => Text.Invariant($"{interval.At:0} s"),
    };

    private string Sparkline()
    {
        var top = Math.Max(_rates.Max(), 1);
        return string.Concat(_rates.Select(rate => Heights[Math.Min(Heights.Length - 1, (int)(rate / top * (Heights.Length - 1) + 0.5))]));
    }

    private void Show(IRenderable what) => _context.UpdateTarget(what);
}
