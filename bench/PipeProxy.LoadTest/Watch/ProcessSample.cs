using System.Globalization;

namespace PipeProxy.LoadTest.Watch;

/// <summary>CPU and memory of a process and its descendants, as Linux's /proc tells.</summary>
/// <param name="Cpu">User and system time since each began.</param>
/// <param name="Rss">Resident memory in bytes; pages that they share count once per process.</param>
internal readonly record struct ProcessSample(TimeSpan Cpu, long Rss)
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

        // pid (command) state ppid ...: the command may hold anything, so fields are counted from the last parenthesis. proc(5): rss is the 24th.
        var rss = Number(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[21]) * Environment.SystemPageSize;
        foreach (var thread in Directories($"/proc/{pid}/task"))
        {
            foreach (var child in (ReadText(thread + "/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (TryRead((int)Number(child), out var descendant))
                {
                    (cpu, rss) = (cpu + descendant.Cpu, rss + descendant.Rss);
                }
            }
        }

        sample = new ProcessSample(cpu, rss);
        return true;
    }

    /// <summary>The command's name, or null.</summary>
    internal static string? NameOf(int pid) => ReadText($"/proc/{pid}/comm")?.Trim();

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
