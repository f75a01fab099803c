namespace PipeProxy.Cli;

/// <summary>What the process tells its caller. Scripts rely on these numbers.</summary>
internal enum ExitCode
{
    /// <summary>Done as asked.</summary>
    Done = 0,

    /// <summary>It was understood and did not work; the reason is on standard error.</summary>
    Failed = 1,

    /// <summary>The command line is wrong.</summary>
    Usage = 2,

    /// <summary>The configuration is refused.</summary>
    ConfigurationRefused = 3,
}
