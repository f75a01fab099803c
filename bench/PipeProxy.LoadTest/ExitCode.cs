namespace PipeProxy.LoadTest;

/// <summary>What the process tells its caller. Scripts rely on these numbers.</summary>
internal enum ExitCode
{
    /// <summary>Measured, and no condition of <c>--fail-if</c> held.</summary>
    Done = 0,

    /// <summary>Nothing could be measured, or what was measured cannot be trusted; the reason is on standard error.</summary>
    Failed = 1,

    /// <summary>The command line is wrong.</summary>
    Usage = 2,

    /// <summary>A condition of <c>--fail-if</c> held.</summary>
    ConditionHeld = 3,
}
