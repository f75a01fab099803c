namespace PipeProxy.LoadTest.Watch;

/// <summary>What a watched process used while measuring.</summary>
/// <param name="Name">As given on the command line, or its command's name.</param>
/// <param name="Pid">Its number; its descendants count, too.</param>
/// <param name="Cpu">User and system time, that of descendants which ended meanwhile among it.</param>
/// <param name="RssPeak">Largest resident memory seen, in bytes.</param>
/// <param name="RssLast">Resident memory at the end, in bytes.</param>
/// <param name="IsGone">It ended meanwhile; the figures are those of its last sample.</param>
internal sealed record ProcessUsage(string Name, int Pid, TimeSpan Cpu, long RssPeak, long RssLast, bool IsGone)
{
    /// <summary>False: it was gone before measuring began, and the figures are zeros that say nothing.</summary>
    internal bool IsKnown { get; init; } = true;
}
