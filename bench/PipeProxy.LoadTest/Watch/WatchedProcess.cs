using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using PipeProxy.LoadTest.Load;

namespace PipeProxy.LoadTest.Watch;

/// <summary>A process whose CPU and memory stand beside the result (<c>--watch-pid PID[=NAME]</c>), with its descendants.</summary>
internal sealed class WatchedProcess
{
    private readonly string _name;
    private readonly int _pid;
    private ProcessSample _first;
    private ProcessSample _last;
    private long _peak;
    private bool _gone;
    private long _sampledAt;

    private WatchedProcess(int pid, string name) => (_pid, _name) = (pid, name);

    internal ProcessUsage Usage => new(_name, _pid, _last.Cpu - _first.Cpu, _peak, _last.Rss, _gone);

    internal static bool TryParse(string text, [NotNullWhen(true)] out WatchedProcess? process, [NotNullWhen(false)] out string? wrong)
    {
        process = null;
        var sign = text.IndexOf('=', StringComparison.Ordinal);
        if (!int.TryParse(sign < 0 ? text : text[..sign], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || pid == 0 || sign == text.Length - 1)
        {
            wrong = $"--watch-pid takes PID or PID=NAME, not '{text}'.";
            return false;
        }

        if (!ProcessSample.TryRead(pid, out _))
        {
            wrong = OperatingSystem.IsLinux() ? $"--watch-pid: there is no process {pid}." : "--watch-pid reads /proc and works on Linux only.";
            return false;
        }

        (process, wrong) = (new WatchedProcess(pid, sign < 0 ? ProcessSample.NameOf(pid) ?? text : text[(sign + 1)..]), null);
        return true;
    }

    internal void Begin()
    {
        _peak = 0;
        Read();
        _first = _last;
    }

    /// <summary>Comes often; looks twice a second, because reading /proc costs CPU that the load generator is not meant to use.</summary>
    internal void Sample()
    {
        if (Clock.Now - _sampledAt > Clock.Second / 2)
        {
            Read();
        }
    }

    internal void End() => Read();

    private void Read()
    {
        _sampledAt = Clock.Now;
        if (ProcessSample.TryRead(_pid, out var sample) && sample.Rss > 0)
        {
            _last = sample;
            _peak = Math.Max(_peak, sample.Rss);
        }
        else
        {
            _gone = true;
        }
    }
}
