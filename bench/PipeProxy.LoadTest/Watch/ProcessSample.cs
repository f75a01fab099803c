using System.Globalization;

namespace PipeProxy.LoadTest.Watch;

/// <summary>CPU and memory of a process and its descendants, as Linux's /proc tells.</summary>
/// <param name="Cpu">User and system time since each began.</param>
/// <param name="Rss">Resident memory in bytes; pages that they share count once per process.</param>
internal readonly record struct ProcessSample(TimeSpan Cpu, long Rss)
{
    // sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on.
    private const long TicksPerClockTick = TimeSpan.TicksPerSecond / 100;

    /// <summary>Reads now.</summary>
    /// <returns>False when there is no such process.</returns>
    internal static bool TryRead(int pid, out ProcessSample sample)
    {
        sample = default;
        if (ReadText($"/proc/{pid}/stat") is not { } stat)
        {
            return false;
        }

        // pid (command) state ppid ...: the command may hold anything, so fields are counted from the last parenthesis. proc(5): utime 14, stime 15, rss 24.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var cpu = TimeSpan.FromTicks((Number(fields[11]) + Number(fields[12])) * TicksPerClockTick);
        var rss = Number(fields[21]) * Environment.SystemPageSize;

        // The scheduler counts nanoseconds, but of threads that still run only; the larger of the two is the better one.
        var precise = TimeSpan.Zero;
        foreach (var thread in Directories($"/proc/{pid}/task"))
        {
            precise += ReadText(thread + "/schedstat") is { } text ? TimeSpan.FromTicks(Number(text.Split(' ')[0]) / TimeSpan.NanosecondsPerTick) : TimeSpan.Zero;
            foreach (var child in (ReadText(thread + "/children") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (TryRead((int)Number(child), out var descendant))
                {
                    (cpu, precise, rss) = (cpu + descendant.Cpu, precise + descendant.Cpu, rss + descendant.Rss);
                }
            }
        }

        sample = new ProcessSample(precise > cpu ? precise : cpu, rss);
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
