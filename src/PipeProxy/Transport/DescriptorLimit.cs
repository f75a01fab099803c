namespace PipeProxy.Transport;

/// <summary>The system's limit on this process's descriptors, whose last ones connections do not get.</summary>
/// <remarks>
/// The runtime opens files when code is needed for the first time, such as that of a certain error's answer, and a process in which it cannot is lost. So accepting rests
/// while few are left, and connections to origins are refused while fewer are. The system gives the lowest free number first: how high a number is tells how many are left.
/// The limit is asked for each time, because it may be changed from outside (<c>prlimit</c>). On Linux; elsewhere nothing is kept.
/// </remarks>
internal static unsafe class DescriptorLimit
{
    /// <summary>Kept for what is no connection: code, logs, name resolution, reloads, commands.</summary>
    internal const int KeptForProcess = 48;

    private const int OpenFiles = 7;

    /// <summary>The limit in force; more than there can be where there is none.</summary>
    internal static long Current
    {
        get
        {
            var limits = stackalloc ulong[2];
            return Libc.IsSupported && Libc.GetLimit(OpenFiles, limits) == 0 ? (long)Math.Min(limits[0], int.MaxValue) : int.MaxValue;
        }
    }

    /// <summary>Whether a client's connection that has this number is the last one for now.</summary>
    internal static bool IsLastForClients(nint descriptor) => descriptor >= LeftForClients(Current) - 1;

    /// <summary>Whether a connection to an origin would have to have one of those that are kept.</summary>
    internal static bool IsKept(nint descriptor) => descriptor >= Current - KeptForProcess;

    /// <summary>Whether there is still none for a client.</summary>
    internal static bool IsReachedForClients()
    {
        if (!Libc.IsSupported)
        {
            return false;
        }

        var next = Libc.EventDescriptor(0, Libc.SocketCloseOnExec);
        _ = next < 0 ? 0 : Libc.Close(next);
        return next < 0 || next >= LeftForClients(Current);
    }

    // An eighth is kept for connections to origins, so that who was accepted is answered.
    private static long LeftForClients(long limit) => limit - KeptForProcess - Math.Clamp(limit / 8, 16, 1024);
}
