using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Watch;

/// <summary>A process whose CPU and memory stand beside the result (<c>--watch-pid PID[=NAME]</c>), with its descendants.</summary>
internal sealed class WatchedProcess
{
    private readonly string _name;
    private readonly ProcessSample _self;
    private readonly ProcessBook _book = new();
    private long _last;
    private long _peak;
    private bool _known;
    private bool _gone;
    private long _sampledAt;

    private WatchedProcess(ProcessSample self, string name) => (_self, _name) = (self, name);

    internal ProcessUsage Usage => new(_name, _self.Pid, _book.Cpu, _peak, _last, _gone) { IsKnown = _known };

    internal static bool TryParse(string text, [NotNullWhen(true)] out WatchedProcess? process, [NotNullWhen(false)] out string? wrong)
    {
        process = null;
        var sign = text.IndexOf('=', StringComparison.Ordinal);
        if (!int.TryParse(sign < 0 ? text : text[..sign], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || pid == 0 || sign == text.Length - 1)
        {
            wrong = $"--watch-pid takes PID or PID=NAME, not '{text}'.";
            return false;
        }

        if (!ProcessSample.TryRead(pid, out var self) || self.HasEnded)
        {
            wrong = OperatingSystem.IsLinux() ? $"--watch-pid: there is no process {pid}." : "--watch-pid reads /proc and works on Linux only.";
            return false;
        }

        (process, wrong) = (new WatchedProcess(self, sign < 0 ? ProcessSample.NameOf(pid) ?? text : text[(sign + 1)..]), null);
        return true;
    }

    internal void Begin()
    {
        (_last, _peak) = (0, 0);
        var samples = Read();
        _known = !_gone;
        _book.Begin(samples);
    }

    /// <summary>Comes often; looks twice a second, because reading /proc costs CPU that the load generator is not meant to use.</summary>
    internal void Sample()
    {
        if (Clock.Now - _sampledAt > Clock.Second / 2)
        {
            _book.Note(Read());
        }
    }

    internal void End() => _book.Note(Read());

    private List<ProcessSample> Read()
    {
        _sampledAt = Clock.Now;
        var samples = ProcessSample.Tree(_self.Pid);

        // Its number may be another's by now.
        if (samples.Count == 0 || samples[0].Began != _self.Began)
        {
            _gone = true;
            return [];
        }

        if (samples[0].HasEnded)
        {
            _gone = true;
            return samples;
        }

        _last = samples.Sum(static sample => sample.Rss);
        _peak = Math.Max(_peak, _last);
        return samples;
    }
}
