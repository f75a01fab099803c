using PipeProxy.LoadTest.Load;
using PipeProxy.LoadTest.Results;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace PipeProxy.LoadTest.Progress;

/// <summary>The run on a terminal: how far it is, rate as a line of bars, percentiles of the last interval and of all; gone when the result is printed.</summary>
internal sealed class LiveProgress : IRunProgress
{
    private readonly LoadPlan _plan;
    private readonly IAnsiConsole _console;
    private readonly LiveDisplayContext _context;
    private readonly TaskCompletionSource _ended = new();
    private readonly Task _display;
    private readonly Queue<double> _rates = new();

    internal LiveProgress(LoadPlan plan, TextWriter terminal)
    {
        _plan = plan;
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal) });

        // The display lives in a callback, which runs up to its first await here and now.
        LiveDisplayContext? context = null;
        _display = _console.Live(new Markup("[grey]starting[/]")).AutoClear(true).StartAsync(live =>
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
        if (_rates.Count > ProgressView.MostBars)
        {
            _rates.Dequeue();
        }

        // Asked for each time: windows are resized.
        Show(ProgressView.Of(Title(interval), interval, total, _rates, _console.Profile.Width));
    }

    public void Ended()
    {
        if (_ended.TrySetResult())
        {
            _display.GetAwaiter().GetResult();
        }
    }

    private string Title(IntervalResult interval) => _plan switch
    {
        { Duration: { } duration } => Text.Invariant($"{interval.At:0} of {duration.TotalSeconds:0.#} s"),
        _ => Text.Invariant($"{interval.At:0} s"),
    };

    private void Show(IRenderable what) => _context.UpdateTarget(what);
}
