using System.Globalization;
using PipeProxy.Transport;

namespace PipeProxy.Cli.Run;

/// <summary>Whether the system's limit of open files is enough to begin with. Where it is not, the runtime fails at whatever it opens next, and its own words do not help.</summary>
internal static class OpenFiles
{
    // The runtime holds two descriptors for each library, a hundred in all, and some are kept; a loop has four and one per listener.
    private const int ForProcess = 192;
    private const int ForLoop = 8;

    /// <summary>What to do about it.</summary>
    public const string Next = "Raise the limit (ulimit -n 1024; LimitNOFILE= in a systemd unit), or lower --loops.";

    /// <summary>Says what is wrong; null when nothing is.</summary>
    /// <param name="loops">0: one per processor.</param>
    public static string? Problem(int loops)
    {
        loops = loops > 0 ? loops : Environment.ProcessorCount;
        var least = ForProcess + ((long)ForLoop * loops);
        var limit = DescriptorLimit.Current;
        return limit >= least ? null : string.Create(CultureInfo.InvariantCulture, $"The limit of open files is {limit}; a proxy with {loops} event {(loops == 1 ? "loop" : "loops")} needs {least} to begin with.");
    }
}
