using System.Globalization;

namespace PipeProxy.LoadTest.Watch;

/// <summary>CPU and memory of one process, as Linux's /proc tells.</summary>
/// <param name="Pid">Its number, which another process may have had before.</param>
/// <param name="Began">When it began, in ticks since the machine did: with the number it is this process and no other.</param>
/// <param name="Cpu">User and system time since then.</param>
/// <param name="Rss">Resident memory in bytes; pages that processes share count once for each.</param>
/// <param name="HasEnded">It is a zombie: its memory is gone, its CPU can still be read.</param>
internal readonly record struct ProcessSample(int Pid, long Began, TimeSpan Cpu, long Rss, bool HasEnded)
{
    /// <summary>Reads now.</summary>
    /// <returns>False when there is no such process.</returns>
    internal static bool TryRead(int pid, out ProcessSample sample)
    {
        sample = default;
        if (!ProcessClock.TryRead(pid, out var cpu) || ReadText($"/proc/{pid}/stat") is not { } stat)
        {
            return false;
        }

        // pid (command) state ppid ...: the command may hold anything, so fields are counted from the last parenthesis. proc(5): state is the third, starttime the 22nd, rss the 24th.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        sample = new ProcessSample(pid, Number(fields[19]), cpu, Number(fields[21]) * Environment.SystemPageSize, fields[0] is "Z" or "X");
        return true;
    }

    /// <summary>Reads now a process and its descendants.</summary>
    /// <returns>The process first; empty when there is no such process.</returns>
    internal static List<ProcessSample> Tree(int pid)
    {
        var samples = new List<ProcessSample>();
        Add(samples, pid);
        return samples;
    }

    /// <summary>The command's name, or null.</summary>
    internal static string? NameOf(int pid) => ReadText($"/proc/{pid}/comm")?.Trim();

    private static void Add(List<ProcessSample> samples, int pid)
    {
        // A child that moved while we read would come twice.
        if (samples.Exists(sample => sample.Pid == pid) || !TryRead(pid, out var sample))
        {
            return;
        }

        samples.Add(sample);
        foreach (var thread in Directories($"/proc/{pid}/task"))
        {
            foreach (var child in (ReadText(thread + "/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                Add(samples, (int)Number(child));
            }
        }
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] Directories(string path)
    {
        try
        {
            return Directory.GetDirectories(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
