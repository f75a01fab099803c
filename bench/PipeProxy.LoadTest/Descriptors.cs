using PipeProxy.LoadTest.Load;
using PipeProxy.Transport;

namespace PipeProxy.LoadTest;

/// <summary>Whether connections can be had at all, asked before anything is made for them: a billion would take all memory first.</summary>
internal static class Descriptors
{
    // What an event loop has.
    private const int PerLoop = 4;

    // What the runtime opens while it runs: of 20 more than are open now some connections got none, of 40 more none was left out.
    private const int Later = 48;

    /// <exception cref="LoadException">The limit of open descriptors does not allow so many.</exception>
    internal static void Check(long connections, int threads)
    {
        var (limit, needed) = (DescriptorLimit.Current, connections + (PerLoop * threads) + DescriptorLimit.KeptForProcess + Later + Open());
        if (needed > limit)
        {
            throw new LoadException(Text.Invariant($"the system's limit of {limit} open descriptors (ulimit -n) is reached: {connections} connections need {needed} or more."));
        }
    }

    // The runtime's own, and what was inherited.
    private static int Open()
    {
        try
        {
            return OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
